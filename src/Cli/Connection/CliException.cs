namespace Orchestrator.Cli.Connection;

/// <summary>What a person did wrong or has to know; its message is what they see, and the exit status is 1.</summary>
public sealed class CliException(string message) : Exception(message);
