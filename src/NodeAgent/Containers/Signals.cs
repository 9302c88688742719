using System.Globalization;

namespace Orchestrator.NodeAgent.Containers;

/// <summary>
/// Signals by the names images use for them (signal(7); the numbers of x86 and arm).
/// </summary>
static class Signals
{
    public const int Terminate = 15;
    const int Largest = 64;

    static readonly string[] Names =
    [
        "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM", "TERM", "STKFLT",
        "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS",
    ];

    /// <summary>Reads "SIGQUIT", "QUIT" or "3"; null for nothing or anything else.</summary>
    public static int? Parse(string? text)
    {
        if (string.IsNullOrEmpty(text))
            return null;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            return number is > 0 and <= Largest ? number : null;
        var name = text.ToUpperInvariant();
        var index = Array.IndexOf(Names, name.StartsWith("SIG", StringComparison.Ordinal) ? name[3..] : name);
        return index >= 0 ? index + 1 : null;
    }
}
