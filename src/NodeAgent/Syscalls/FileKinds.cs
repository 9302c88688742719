using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;

namespace Orchestrator.NodeAgent.Syscalls;

/// <summary>
/// Says what an open descriptor is (statx(2)), so that a FIFO, socket or device put in a file's place is not read,
/// and whether two descriptors are one file.
/// </summary>
static class FileKinds
{
    const int StatxBytes = 256;
    const int ModeOffset = 28;
    const int InodeOffset = 32;
    const int DeviceOffset = 136;
    const uint StatxBasic = 0x7ff;
    const int TypeMask = 0xF000;
    const int Regular = 0x8000;
    const int Directory = 0x4000;

    /// <summary>True for a regular file.</summary>
    public static bool IsRegular(SafeFileHandle file) => TypeOf(file) == Regular;

    /// <summary>True for a directory.</summary>
    public static bool IsDirectory(SafeFileHandle file) => TypeOf(file) == Directory;

    /// <summary>Device and inode: equal for two descriptors of one file.</summary>
    public static (ulong Device, ulong Inode) Identity(SafeFileHandle file)
    {
        Span<byte> stat = stackalloc byte[StatxBytes];
        Read(file, stat);
        return (BinaryPrimitives.ReadUInt64LittleEndian(stat[DeviceOffset..]), BinaryPrimitives.ReadUInt64LittleEndian(stat[InodeOffset..]));
    }

    static int TypeOf(SafeFileHandle file)
    {
        Span<byte> stat = stackalloc byte[StatxBytes];
        Read(file, stat);
        return BinaryPrimitives.ReadUInt16LittleEndian(stat[ModeOffset..]) & TypeMask;
    }

    static void Read(SafeFileHandle file, Span<byte> stat) =>
        SyscallException.Check(Libc.Statx(file, "", Libc.AtEmptyPath, StatxBasic, stat), "statx", "open file");
}
