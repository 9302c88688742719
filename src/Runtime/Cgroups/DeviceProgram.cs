using System.Buffers.Binary;
using Orchestrator.Runtime.Spec;
using Orchestrator.Runtime.Syscalls;

namespace Orchestrator.Runtime.Cgroups;

/// <summary>
/// cgroup v2 has no device files: an eBPF program decides on each access (bpf(2), BPF_PROG_TYPE_CGROUP_DEVICE). The last
/// rule that fits decides, so the program tries them from the last to the first; what none fits is denied.
/// </summary>
static unsafe class DeviceProgram
{
    const int InstructionBytes = 8;
    const int Block = 1, Character = 2; // BPF_DEVCG_DEV_*
    const int Mknod = 1, Read = 2, Write = 4; // BPF_DEVCG_ACC_*

    // Opcodes: include/uapi/linux/bpf.h and bpf_common.h. Comparisons are the 32-bit ones.
    const byte LoadWord = 0x61, Move = 0xBF, MoveConstant = 0xB7, And = 0x57, ShiftRight = 0x77, IfNot = 0x56, If = 0x16, Exit = 0x95;

    // r1 is the context { access << 16 | type, major, minor }.
    const int Result = 0, Context = 1, Access = 2, Kind = 3, Major = 4, Minor = 5, Left = 6;

    /// <summary>The program's instructions. PURE.</summary>
    public static byte[] Compile(IReadOnlyList<DeviceRule> rules)
    {
        var code = new List<ulong>
        {
            Encode(LoadWord, Access, Context, 0, 0),
            Encode(Move, Kind, Access, 0, 0),
            Encode(And, Kind, 0, 0, 0xFFFF),
            Encode(ShiftRight, Access, 0, 0, 16),
            Encode(LoadWord, Major, Context, 4, 0),
            Encode(LoadWord, Minor, Context, 8, 0),
        };
        // The kernel refuses a program with code that is never reached, such as what would follow a rule that fits everything.
        var last = rules.Count - 1;
        while (last >= 0 && !FitsEverything(rules[last])) code.AddRange(Rule(rules[last--]));
        code.Add(Encode(MoveConstant, Result, 0, 0, last >= 0 && rules[last].Allow ? 1 : 0));
        code.Add(Encode(Exit, 0, 0, 0, 0));
        var bytes = new byte[code.Count * InstructionBytes];
        for (var i = 0; i < code.Count; i++) BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(i * InstructionBytes), code[i]);
        return bytes;
    }

    static bool FitsEverything(DeviceRule rule) =>
        rule is { Type: 'a', Major: null, Minor: null } && Mask(rule.Access) == (Mknod | Read | Write);

    static List<ulong> Rule(DeviceRule rule)
    {
        // Each test that fails leads past the rule's verdict; the distances are filled in below.
        var tests = new List<(byte Code, int Register, int Source, long Value, bool IsJump)>();
        if (rule.Type != 'a') tests.Add((IfNot, Kind, 0, rule.Type == 'b' ? Block : Character, true));
        var mask = Mask(rule.Access);
        if (mask != (Mknod | Read | Write))
        {
            tests.Add((Move, Left, Access, 0, false));
            // To allow, nothing may be asked beyond the rule; to deny, one of its accesses is enough.
            tests.Add((And, Left, 0, rule.Allow ? ~mask & (Mknod | Read | Write) : mask, false));
            tests.Add((rule.Allow ? IfNot : If, Left, 0, 0, true));
        }

        if (rule.Major is { } major) tests.Add((IfNot, Major, 0, major, true));
        if (rule.Minor is { } minor) tests.Add((IfNot, Minor, 0, minor, true));
        const int verdict = 2;
        var code = new List<ulong>();
        for (var i = 0; i < tests.Count; i++)
        {
            var test = tests[i];
            var distance = test.IsJump ? tests.Count - i - 1 + verdict : 0;
            code.Add(Encode(test.Code, test.Register, test.Source, distance, (int)(uint)test.Value));
        }

        code.Add(Encode(MoveConstant, Result, 0, 0, rule.Allow ? 1 : 0));
        code.Add(Encode(Exit, 0, 0, 0, 0));
        return code;
    }

    static int Mask(string access) =>
        (access.Contains('m') ? Mknod : 0) | (access.Contains('r') ? Read : 0) | (access.Contains('w') ? Write : 0);

    static ulong Encode(byte code, int target, int source, int offset, int constant) =>
        code | (ulong)(uint)(target | source << 4) << 8 | (ulong)(ushort)(short)offset << 16 | (ulong)(uint)constant << 32;

    /// <summary>Loads the program and binds it to a cgroup; the kernel drops it with the cgroup.</summary>
    public static void Attach(string cgroup, IReadOnlyList<DeviceRule> rules)
    {
        const int load = 5, attach = 8, cgroupDeviceProgram = 15, cgroupDeviceHook = 6, allowMulti = 2, attributeBytes = 128;
        var code = Compile(rules);
        using var directory = Kernel.Open(cgroup, O.RDONLY | O.DIRECTORY);
        var attributes = stackalloc byte[attributeBytes];
        fixed (byte* instructions = code, licence = Kernel.Text("Apache-2.0"))
        {
            // union bpf_attr: prog_type, insn_cnt, insns, license.
            *(uint*)attributes = cgroupDeviceProgram;
            *(uint*)(attributes + 4) = (uint)(code.Length / InstructionBytes);
            *(ulong*)(attributes + 8) = (ulong)instructions;
            *(ulong*)(attributes + 16) = (ulong)licence;
            using var program = new Fd((int)Kernel.Do("device program", Call.bpf, load, (nint)attributes, attributeBytes));
            new Span<byte>(attributes, attributeBytes).Clear();
            // union bpf_attr: target_fd, attach_bpf_fd, attach_type, attach_flags.
            *(int*)attributes = directory.Number;
            *(int*)(attributes + 4) = program.Number;
            *(uint*)(attributes + 8) = cgroupDeviceHook;
            *(uint*)(attributes + 12) = allowMulti;
            Kernel.Do($"{cgroup}: device program", Call.bpf, attach, (nint)attributes, attributeBytes);
        }
    }
}
