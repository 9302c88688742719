namespace Orchestrator.Runtime.Syscalls;

static unsafe partial class Kernel
{
    const int ReadOnlyMount = 1; // ST_RDONLY
    const int StatfsBytes = 120; // struct statfs

    public static void EnterNamespace(Fd fd, CloneFlags kind, string target) => Do(target, Call.setns, fd.Number, (nint)kind);

    /// <summary>This process's permitted capabilities (capget(2), version 3).</summary>
    public static ulong PermittedCapabilities()
    {
        const int permittedLow = 1, permittedHigh = 4; // words of two structs: effective, permitted, inheritable
        var header = stackalloc uint[2] { 0x20080522, 0 };
        var sets = stackalloc uint[6];
        Do("capabilities", Call.capget, (nint)header, (nint)sets);
        return sets[permittedLow] | (ulong)sets[permittedHigh] << 32;
    }

    /// <summary>The highest capability the kernel knows: it refuses to tell of any above (PR_CAPBSET_READ).</summary>
    public static int LastCapability(int guess)
    {
        const int most = 63;
        while (guess < most && Knows(guess + 1)) guess++;
        while (guess >= 0 && !Knows(guess)) guess--;
        return guess;
    }

    static bool Knows(int capability)
    {
        const int readBounding = 23;
        Try(out var errno, Call.prctl, readBounding, capability);
        return errno == Errno.None;
    }

    /// <summary>Whether a path lies on a read-only mount (statfs(2) f_flags).</summary>
    public static bool IsOnReadOnlyMount(string path)
    {
        const int flagsOffset = 80;
        var statfs = stackalloc byte[StatfsBytes];
        fixed (byte* text = Text(path))
            Do(path, Call.statfs, (nint)text, (nint)statfs);
        return (*(long*)(statfs + flagsOffset) & ReadOnlyMount) != 0;
    }

    /// <summary>The magic number of the file system that holds a path (statfs(2) f_type); 0 if there is no such path.</summary>
    public static long FileSystemType(string path)
    {
        var statfs = stackalloc byte[StatfsBytes];
        fixed (byte* text = Text(path))
        {
            Try(out var errno, Call.statfs, (nint)text, (nint)statfs);
            return errno == Errno.None ? *(long*)statfs : 0;
        }
    }

    /// <summary>Whether two namespace files are the same namespace.</summary>
    public static bool IsSameNamespace(string one, string other) =>
        Stat(one) is { } a && Stat(other) is { } b && a.Inode == b.Inode;
}
