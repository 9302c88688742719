using System.Globalization;

namespace Orchestrator.Runtime.Syscalls;

static unsafe partial class Kernel
{
    const int ReadOnlyMount = 1; // ST_RDONLY

    public static void EnterNamespace(Fd fd, CloneFlags kind, string target) => Do(target, Call.setns, fd.Number, (nint)kind);

    /// <summary>This process's permitted capabilities (capget is spared: /proc says the same).</summary>
    public static ulong PermittedCapabilities()
    {
        const string key = "CapPrm:";
        var status = ReadText("/proc/self/status");
        var start = status.IndexOf(key, StringComparison.Ordinal) + key.Length;
        var end = status.IndexOf('\n', start);
        return ulong.Parse(status.AsSpan(start, end - start).Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
    }

    public static int LastCapability() =>
        int.Parse(ReadText("/proc/sys/kernel/cap_last_cap").AsSpan().Trim(), CultureInfo.InvariantCulture);

    /// <summary>Whether a path lies on a read-only mount (statfs(2) f_flags).</summary>
    public static bool IsOnReadOnlyMount(string path)
    {
        const int flagsOffset = 80, bytes = 120; // struct statfs
        var statfs = stackalloc byte[bytes];
        fixed (byte* text = Text(path))
            Do(path, Call.statfs, (nint)text, (nint)statfs);
        return (*(long*)(statfs + flagsOffset) & ReadOnlyMount) != 0;
    }

    /// <summary>Whether two namespace files are the same namespace.</summary>
    public static bool IsSameNamespace(string one, string other) =>
        Stat(one) is { } a && Stat(other) is { } b && a.Inode == b.Inode;
}
