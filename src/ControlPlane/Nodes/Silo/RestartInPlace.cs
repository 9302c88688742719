using Microsoft.Extensions.Logging;

namespace Orchestrator.ControlPlane.Nodes.Silo;

/// <summary>Ends the silo when Orleans gives up on it, instead of the whole process.</summary>
sealed partial class RestartInPlace(Action end, ILogger log) : IFatalErrorHandler
{
    public bool IsUnexpected(Exception exception) => exception is not OperationCanceledException;

    public void OnFatalException(object? sender, string? context, Exception? exception)
    {
        Fatal(context ?? "no context", exception?.Message ?? "no exception");
        end();
    }

    [LoggerMessage(EventIds.SiloFatal, LogLevel.Warning, "The silo can't go on: {Context}: {Message}")]
    partial void Fatal(string context, string message);
}
