using System.Buffers.Binary;
using System.Text;
using Orchestrator.Runtime.Syscalls;

namespace Orchestrator.Runtime.Plan;

/// <summary>The kernel's structures as bytes, each with a name for the printed plan, put together only when one is printed.</summary>
static class Blocks
{
    public const int OpenHowBytes = 24;
    public const int MountAttrBytes = 32;
    public const int CloneArgsBytes = 88;

    /// <summary>struct open_how of openat2(2).</summary>
    public static Arg OpenHow(O flags, Resolve resolve, uint mode = 0)
    {
        var bytes = new byte[OpenHowBytes];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, (long)(flags | O.CLOEXEC));
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(8), mode);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(16), (long)resolve);
        return new Arg.Block(bytes, () => $"{{{Bars(flags)} {Bars(resolve)}}}");
    }

    /// <summary>struct mount_attr of mount_setattr(2).</summary>
    public static Arg MountAttributes(MountAttr set, MountAttr clear, Ms propagation = Ms.None)
    {
        var bytes = new byte[MountAttrBytes];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, (long)set);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(8), (long)clear);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(16), (long)(propagation & ~Ms.REC));
        return new Arg.Block(bytes, () => $"{{set {Bars(set)} clear {Bars(clear)} propagation {Bars(propagation)}}}");
    }

    /// <summary>struct rlimit64 of prlimit(2).</summary>
    public static Arg Limit(ulong soft, ulong hard)
    {
        var bytes = new byte[16];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, soft);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(8), hard);
        return new Arg.Block(bytes, () => $"{{soft {soft} hard {hard}}}");
    }

    public static Arg Ids(IReadOnlyList<uint> ids)
    {
        var bytes = new byte[Math.Max(1, ids.Count) * 4];
        for (var i = 0; i < ids.Count; i++) BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(i * 4), ids[i]);
        return new Arg.Block(bytes, () => $"[{string.Join(' ', ids)}]");
    }

    /// <summary>The header of capset(2), version 3, for the calling thread.</summary>
    public static Arg CapabilityHeader()
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, 0x20080522);
        return new Arg.Block(bytes, () => "v3");
    }

    public static Arg CapabilitySets(ulong effective, ulong permitted, ulong inheritable)
    {
        var bytes = new byte[24];
        ulong[] sets = [effective, permitted, inheritable];
        for (var i = 0; i < sets.Length; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(i * 4), (uint)sets[i]);
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(12 + i * 4), (uint)(sets[i] >> 32));
        }

        return new Arg.Block(bytes, () => $"{{effective {effective:x} permitted {permitted:x} inheritable {inheritable:x}}}");
    }

    /// <summary>struct ifreq that brings the loopback interface up (netdevice(7)).</summary>
    public static Arg LoopbackUp()
    {
        const int size = 40, nameBytes = 16;
        const short up = 1;
        var bytes = new byte[size];
        Encoding.ASCII.GetBytes("lo", bytes);
        BinaryPrimitives.WriteInt16LittleEndian(bytes.AsSpan(nameBytes), up);
        return new Arg.Block(bytes, () => "{lo UP}");
    }

    /// <summary>struct kernel_sigaction with the default action; an empty signal mask when only its last words are read.</summary>
    public static Arg Zeros(string name) => new Arg.Block(new byte[32], () => name);

    public static Arg WindowSize(uint rows, uint columns)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, (ushort)rows);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(2), (ushort)columns);
        return new Arg.Block(bytes, () => $"{{{rows} rows {columns} columns}}");
    }

    /// <summary>The spawn code's report of a milestone: same size as an error, with a place no operation has.</summary>
    public static Arg Milestone(uint code, string name)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, code);
        return new Arg.Block(bytes, () => name);
    }

    /// <summary>struct clone_args of clone3(2) for a sibling of the process that calls it.</summary>
    public static Arg CloneSibling(CloneFlags flags)
    {
        var bytes = new byte[CloneArgsBytes];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, (long)(flags | CloneFlags.PARENT));
        return new Arg.Block(bytes, () => $"{{{Bars(flags)}}}");
    }

    /// <summary>A control message that carries one descriptor (cmsg(3)); the descriptor goes in at DescriptorOffset.</summary>
    public static Scratch RightsControl()
    {
        const int solSocket = 1, scmRights = 1, length = 20, space = 24;
        var bytes = new byte[space];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, length);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(8), solSocket);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(12), scmRights);
        return new Scratch("rights", bytes);
    }

    public const int DescriptorOffset = 16;

    static string Bars(Enum flags) => flags.ToString().Replace(", ", "|", StringComparison.Ordinal);
}
