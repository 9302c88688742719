namespace Orchestrator.Load.Running;

/// <summary>How one request ended.</summary>
/// <param name="Status">What is counted together: a status code, or why there is none.</param>
public readonly record struct Outcome(bool Ok, string Status)
{
    public static Outcome Good { get; } = new(true, "ok");

    public static Outcome Failed(string why) => new(false, why);
}
