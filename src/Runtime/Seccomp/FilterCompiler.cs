using System.Buffers.Binary;
using Orchestrator.Runtime.Spec;

namespace Orchestrator.Runtime.Seccomp;

/// <summary>
/// A seccomp profile -> the classic BPF program that the kernel runs on every system call (seccomp(2)): a binary search over
/// the call numbers, then the rules of that call. PURE.
/// </summary>
static class FilterCompiler
{
    const uint X64 = 0xC000003E, I386 = 0x40000003; // AUDIT_ARCH_X86_64, AUDIT_ARCH_I386
    const uint X32Bit = 0x40000000; // __X32_SYSCALL_BIT
    const uint Kill = 0x80000000; // SECCOMP_RET_KILL_PROCESS
    const uint Errno = 0x00050000; // SECCOMP_RET_ERRNO
    const uint ErrnoEnosys = Errno | 38;
    const uint ActionBits = 0xFFFF0000;
    const int NumberOffset = 0, ArchitectureOffset = 4; // struct seccomp_data

    /// <summary>
    /// The program for x86-64, and for x32 and i386 if the profile lists them; a call by another architecture ends the process. Names that an
    /// architecture has no system call of are passed over: profiles are written for many machines and kernels.
    /// </summary>
    /// <exception cref="ConfigException">The profile is too long for the kernel.</exception>
    public static byte[] Compile(SeccompSpec spec, Action<string> warn)
    {
        const int most = 4096; // BPF_MAXINSNS
        var native = Native(spec, warn);
        List<Instruction> code = [Instruction.Load(ArchitectureOffset), Instruction.IfEqual(X64, 1, 0), Instruction.Jump((uint)native.Count), .. native];
        if (spec.CoversI386) code.Add(Instruction.IfEqual(I386, 1, 0));
        code.Add(Instruction.Return(Kill));
        if (spec.CoversI386) code.AddRange([Instruction.Load(NumberOffset), .. Search(Ranges(spec, ByNumber(spec, I386Calls)))]);
        if (code.Count > most) throw new ConfigException("linux.seccomp", $"needs {code.Count} instructions, the kernel takes {most}");
        var bytes = new byte[code.Count * Instruction.Bytes];
        for (var i = 0; i < code.Count; i++) code[i].WriteTo(bytes.AsSpan(i * Instruction.Bytes));
        return bytes;
    }

    static List<Instruction> Native(SeccompSpec spec, Action<string> warn)
    {
        var byNumber = ByNumber(spec, spec.CoversX32 ? X64AndX32Calls : X64Calls);
        if (byNumber.Count == 0) warn("linux.seccomp: names no system call of x86-64, only the default action applies");
        var code = new List<Instruction> { Instruction.Load(NumberOffset) };
        // x32 has the numbers of x86-64 with a bit, and some of its own, which x86-64 has no calls for.
        if (spec.CoversX32) code.Add(Instruction.And(~X32Bit));
        else code.AddRange([Instruction.IfAtLeast(X32Bit, 0, 1), Instruction.Return(ErrnoEnosys)]);
        code.AddRange(Search(Ranges(spec, byNumber)));
        return code;
    }

    static IEnumerable<(int Number, SeccompRule Rule)> X64Calls(string name, SeccompRule rule) => [(SyscallNumbers.Of(name), rule)];

    static IEnumerable<(int Number, SeccompRule Rule)> X64AndX32Calls(string name, SeccompRule rule) =>
        [(SyscallNumbers.Of(name), rule), (SyscallNumbers.OfX32(name), rule)];

    static IEnumerable<(int Number, SeccompRule Rule)> I386Calls(string name, SeccompRule rule)
    {
        yield return (I386Numbers.Of(name), rule);
        // Its own arguments are behind a pointer there, where a filter can't look: only a rule without conditions holds for both ways.
        if (rule.Arguments.Count == 0 && I386Numbers.Through(name) is { } through)
            yield return (through.Number, rule with { Arguments = [new SeccompArgument(0, (ulong)through.FirstArgument, 0, SeccompComparison.Equal)] });
    }

    static SortedDictionary<uint, List<SeccompRule>> ByNumber(SeccompSpec spec, Func<string, SeccompRule, IEnumerable<(int Number, SeccompRule Rule)>> calls)
    {
        var byNumber = new SortedDictionary<uint, List<SeccompRule>>();
        foreach (var rule in spec.Rules)
        {
            foreach (var name in rule.Names)
            {
                foreach (var (number, own) in calls(name, rule))
                {
                    if (number < 0) continue;
                    if (!byNumber.TryGetValue((uint)number, out var list)) byNumber.Add((uint)number, list = []);
                    list.Add(own);
                }
            }
        }

        return byNumber;
    }

    static List<Range> Ranges(SeccompSpec spec, SortedDictionary<uint, List<SeccompRule>> byNumber)
    {
        var fallback = spec.DefaultAction.Value;
        // A call newer than the profile knows is one the kernel does not have, so that programs fall back to older ones.
        var beyond = (fallback & ActionBits) == Errno ? ErrnoEnosys : fallback;
        var ranges = new List<Range>();
        uint next = 0;
        foreach (var (number, rules) in byNumber)
        {
            if (number > next) Append(ranges, new Range(next, [], next <= SyscallNumbers.FirstX32Only && number >= SyscallNumbers.FirstX32Only ? beyond : fallback));
            var conditional = rules.TakeWhile(rule => rule.Arguments.Count > 0).ToList();
            var last = rules.Find(rule => rule.Arguments.Count == 0)?.Action.Value ?? fallback;
            Append(ranges, new Range(number, conditional, last));
            next = number + 1;
        }

        Append(ranges, new Range(next, [], beyond));
        return ranges;
    }

    static void Append(List<Range> ranges, Range range)
    {
        if (ranges.Count > 0 && ranges[^1].Rules.Count == 0 && range.Rules.Count == 0 && ranges[^1].Otherwise == range.Otherwise) return;
        ranges.Add(range);
    }

    static List<Instruction> Search(List<Range> ranges)
    {
        if (ranges.Count == 1) return Decide(ranges[0]);
        var middle = ranges.Count / 2;
        var below = Search(ranges[..middle]);
        var above = Search(ranges[middle..]);
        return [Instruction.IfAtLeast(ranges[middle].First, 0, 1), Instruction.Jump((uint)below.Count), .. below, .. above];
    }

    static List<Instruction> Decide(Range range)
    {
        var code = new List<Instruction>();
        foreach (var rule in range.Rules)
            foreach (var alternative in Alternatives(rule.Arguments))
                code.AddRange(ArgumentCode.When(alternative, rule.Action.Value));
        code.Add(Instruction.Return(range.Otherwise));
        return code;
    }

    // All conditions of a rule must hold; but when one argument stands twice, any of them may (config-linux.md, as runc reads it).
    static IEnumerable<IReadOnlyList<SeccompArgument>> Alternatives(IReadOnlyList<SeccompArgument> arguments) =>
        arguments.DistinctBy(argument => argument.Index).Count() == arguments.Count
            ? [arguments]
            : arguments.Select(argument => (IReadOnlyList<SeccompArgument>)[argument]);

    /// <summary>Calls from First up to the next range's first: the rules in turn, else the action.</summary>
    sealed record Range(uint First, List<SeccompRule> Rules, uint Otherwise);
}

/// <summary>struct sock_filter.</summary>
readonly record struct Instruction(ushort Code, byte IfTrue, byte IfFalse, uint Value)
{
    public const int Bytes = 8;

    public static Instruction Load(int offset) => new(0x20, 0, 0, (uint)offset);

    public static Instruction And(uint mask) => new(0x54, 0, 0, mask);

    public static Instruction IfEqual(uint value, byte then, byte otherwise) => new(0x15, then, otherwise, value);

    public static Instruction IfGreater(uint value, byte then, byte otherwise) => new(0x25, then, otherwise, value);

    public static Instruction IfAtLeast(uint value, byte then, byte otherwise) => new(0x35, then, otherwise, value);

    public static Instruction Jump(uint over) => new(0x05, 0, 0, over);

    public static Instruction Return(uint action) => new(0x06, 0, 0, action);

    public void WriteTo(Span<byte> target)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(target, Code);
        target[2] = IfTrue;
        target[3] = IfFalse;
        BinaryPrimitives.WriteUInt32LittleEndian(target[4..], Value);
    }
}
