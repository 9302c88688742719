using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;

namespace Orchestrator.NodeAgent.Syscalls;

/// <summary>
/// Says what an open descriptor is (statx(2)), so that a FIFO, socket or device put in a file's place is not read.
/// </summary>
static class FileKinds
{
    const int StatxBytes = 256;
    const int ModeOffset = 28;
    const uint StatxType = 1;
    const int TypeMask = 0xF000;
    const int Regular = 0x8000;

    /// <summary>True for a regular file.</summary>
    public static bool IsRegular(SafeFileHandle file)
    {
        Span<byte> stat = stackalloc byte[StatxBytes];
        SyscallException.Check(Libc.Statx(file, "", Libc.AtEmptyPath, StatxType, stat), "statx", "open file");
        return (BinaryPrimitives.ReadUInt16LittleEndian(stat[ModeOffset..]) & TypeMask) == Regular;
    }
}
