namespace Orchestrator.Faults.Linearizability;

/// <summary>What one client asked for and was answered, and when. Times are of one clock, in any unit: only their order counts.</summary>
/// <param name="Return">When the answer came; <see cref="Never"/> when none did. Such an operation takes effect at any time after its call, or not at all.</param>
/// <param name="Output">The answer; default when there was none.</param>
sealed record Operation<TInput, TOutput>(int Client, long Call, long Return, TInput Input, TOutput? Output)
{
    /// <summary>The return time of an operation that was not answered.</summary>
    public const long Never = long.MaxValue;

    public bool IsAnswered => Return != Never;

    public override string ToString() => $"client {Client}, {Call} to {(IsAnswered ? $"{Return}" : "never")}: {Input}, answered {Output}";
}
