namespace Orchestrator.NodeAgent;

/// <summary>Options that are texts with a form of their own.</summary>
static class OptionText
{
    /// <summary>What is wrong with one, by the words of what reads it; null when nothing is.</summary>
    public static string? ProblemOf<T>(Func<T> read)
    {
        try
        {
            read();
            return null;
        }
        catch (FormatException problem)
        {
            return problem.Message;
        }
    }
}
