namespace Orchestrator.NodeAgent.Syscalls;

/// <summary>
/// The errno values that decide something here (asm-generic/errno.h, the same on every architecture .NET runs on).
/// All others only travel inside a SyscallException.
/// </summary>
static class Errno
{
    public const int Enoent = 2;
    public const int Esrch = 3;
    public const int Eintr = 4;
    public const int Ebusy = 16;
    public const int Eexist = 17;
    public const int Enodev = 19;
    public const int Enotdir = 20;
    public const int Eisdir = 21;
    public const int Einval = 22;
    public const int Enotempty = 39;
    public const int Eaddrnotavail = 99;
    public const int Enetunreach = 101;
    public const int Ehostunreach = 113;
}
