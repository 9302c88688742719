namespace Orchestrator.Runtime.Syscalls;

// Flags of system calls under the kernel's own names and values (include/uapi/linux), so that a printed plan reads like strace.

[Flags]
enum O
{
    RDONLY = 0,
    WRONLY = 1,
    RDWR = 2,
    CREAT = 0x40,
    EXCL = 0x80,
    NOCTTY = 0x100,
    TRUNC = 0x200,
    APPEND = 0x400,
    NONBLOCK = 0x800,
    DIRECTORY = 0x10000,
    NOFOLLOW = 0x20000,
    CLOEXEC = 0x80000,
    PATH = 0x200000,
}

/// <summary>How openat2(2) may walk a path.</summary>
[Flags]
enum Resolve
{
    None = 0,
    NO_XDEV = 1,
    NO_MAGICLINKS = 2,
    NO_SYMLINKS = 4,
    BENEATH = 8,
    IN_ROOT = 16,
}

[Flags]
enum CloneFlags : long
{
    None = 0,
    NEWTIME = 0x80,
    VM = 0x100,
    PIDFD = 0x1000,
    PARENT = 0x8000,
    NEWNS = 0x20000,
    NEWCGROUP = 0x2000000,
    NEWUTS = 0x4000000,
    NEWIPC = 0x8000000,
    NEWUSER = 0x10000000,
    NEWPID = 0x20000000,
    NEWNET = 0x40000000,
    CLEAR_SIGHAND = 0x100000000,
    INTO_CGROUP = 0x200000000,
}

/// <summary>mount(2).</summary>
[Flags]
enum Ms : long
{
    None = 0,
    RDONLY = 1,
    NOSUID = 2,
    NODEV = 4,
    NOEXEC = 8,
    SYNCHRONOUS = 16,
    MANDLOCK = 64,
    DIRSYNC = 128,
    NOSYMFOLLOW = 256,
    NOATIME = 1024,
    NODIRATIME = 2048,
    BIND = 4096,
    MOVE = 8192,
    REC = 16384,
    UNBINDABLE = 1 << 17,
    PRIVATE = 1 << 18,
    SLAVE = 1 << 19,
    SHARED = 1 << 20,
    RELATIME = 1 << 21,
    STRICTATIME = 1 << 24,
}

/// <summary>mount_setattr(2).</summary>
[Flags]
enum MountAttr : long
{
    None = 0,
    RDONLY = 1,
    NOSUID = 2,
    NODEV = 4,
    NOEXEC = 8,
    NOATIME = 0x10,
    STRICTATIME = 0x20,
    ATIME_MASK = 0x70,
    NODIRATIME = 0x80,
    IDMAP = 0x100000,
    NOSYMFOLLOW = 0x200000,
}

/// <summary>The AT_* and tree flags of the mount calls.</summary>
[Flags]
enum At
{
    None = 0,
    CLONE = 1,
    SYMLINK_NOFOLLOW = 0x100,
    EACCESS = 0x200,
    EMPTY_PATH = 0x1000,
    RECURSIVE = 0x8000,
    CLOEXEC = 0x80000,
    FDCWD = -100,
}
