namespace Orchestrator.Runtime.Spec;

/// <summary>A config.json (or process.json) that can't be run as it stands: the field's path and what is wrong.</summary>
sealed class ConfigException(string field, string problem) : Exception($"config: {field}: {problem}")
{
    public string Field { get; } = field;
}
