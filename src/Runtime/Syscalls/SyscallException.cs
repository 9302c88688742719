using System.Globalization;

namespace Orchestrator.Runtime.Syscalls;

/// <summary>
/// A system call that failed: which call, which error number, and the path, process or setting it was about.
/// </summary>
sealed class SyscallException(string call, Errno errno, string target)
    : Exception($"{target}: {call}: {Describe(errno)}")
{
    public string Call { get; } = call;

    public Errno Errno { get; } = errno;

    public string Target { get; } = target;

    /// <summary>The error in words where people meet it often, else its name or number (errno(3)).</summary>
    public static string Describe(Errno errno) => errno switch
    {
        Errno.EPERM => "operation not permitted",
        Errno.ENOENT => "no such file or directory",
        Errno.ESRCH => "no such process",
        Errno.ENOEXEC => "not an executable file format",
        Errno.EACCES => "permission denied",
        Errno.EBUSY => "device or resource busy",
        Errno.EEXIST => "file exists",
        Errno.EXDEV => "leaves the tree it must stay in",
        Errno.ENODEV => "no such device or file system",
        Errno.ENOTDIR => "not a directory",
        Errno.EINVAL => "invalid argument",
        Errno.ENOSPC => "no space left on device",
        Errno.EROFS => "read-only file system",
        Errno.ENOSYS => "not known to this kernel",
        Errno.ELOOP => "a symbolic link that must not be followed",
        var other when Enum.IsDefined(other) => other.ToString(),
        var other => "errno " + ((int)other).ToString(CultureInfo.InvariantCulture),
    };
}
