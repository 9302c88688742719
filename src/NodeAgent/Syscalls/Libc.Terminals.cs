using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Orchestrator.NodeAgent.Syscalls;

/// <summary>What terminals and descriptors that come over sockets need of the C library.</summary>
static partial class Libc
{
    public const int FSetfl = 4;
    public const short PollIn = 1;
    public const short PollOut = 4;
    public const nuint Tiocswinsz = 0x5414;
    public const int MsgCmsgCloexec = 0x40000000;
    public const int SignalTerminate = 15;

    const int SolSocket = 1;
    const int ScmRights = 1;

    /// <summary>struct pollfd. The descriptor's owner outlives the call.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct PollFd(SafeFileHandle file, short awaited)
    {
        readonly int _number = (int)file.DangerousGetHandle();
        readonly short _awaited = awaited;

        public short Ready;
    }

    /// <summary>struct iovec.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public unsafe struct IoVector
    {
        public void* Base;
        public nuint Length;
    }

    /// <summary>struct msghdr, as 64-bit C libraries lay it out.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public unsafe struct MessageHeader
    {
        public void* Name;
        public uint NameLength;
        public IoVector* Vectors;
        public nuint VectorCount;
        public void* Control;
        public nuint ControlLength;
        public int Flags;
    }

    /// <summary>struct cmsghdr with room for one descriptor.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 24)]
    public struct RightsMessage
    {
        nuint _length;
        int _level;
        int _type;

        public int Descriptor;

        public readonly bool IsOne => _length == 20 && _level == SolSocket && _type == ScmRights;
    }

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    public static partial int Fcntl(SafeFileHandle file, int command, int value);

    [LibraryImport("libc", EntryPoint = "pipe2", SetLastError = true)]
    public static partial int Pipe2([Out] int[] ends, int flags);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    public static partial int Poll([In, Out] PollFd[] files, nuint count, int milliseconds);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    public static partial nint Read(SafeFileHandle file, Span<byte> buffer, nuint length);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    public static partial nint Write(SafeFileHandle file, ReadOnlySpan<byte> buffer, nuint length);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    public static partial int Ioctl(SafeFileHandle file, nuint request, ushort[] size);

    [LibraryImport("libc", EntryPoint = "recvmsg", SetLastError = true)]
    public static partial nint Recvmsg(SafeHandle socket, ref MessageHeader message, int flags);
}
