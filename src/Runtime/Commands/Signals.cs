using System.Globalization;

namespace Orchestrator.Runtime.Commands;

/// <summary>Signals by name or number (signal(7), x86-64).</summary>
static class Signals
{
    public const int Kill = 9, Terminate = 15, Child = 17;

    const int Last = 64;

    static readonly string[] Names =
    [
        "", "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM", "TERM", "STKFLT",
        "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS",
    ];

    /// <summary>0 is the signal that only asks whether there is somebody (kill(2)).</summary>
    /// <exception cref="UsageException">There is no such signal.</exception>
    public static int Parse(string text)
    {
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is >= 0 and <= Last) return number;
        var name = text.ToUpperInvariant();
        if (name.StartsWith("SIG", StringComparison.Ordinal)) name = name[3..];
        number = Array.IndexOf(Names, name);
        return number > 0 ? number : throw new UsageException($"unknown signal '{text}'");
    }
}
