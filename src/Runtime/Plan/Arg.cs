using System.Globalization;
using Orchestrator.Runtime.Syscalls;

namespace Orchestrator.Runtime.Plan;

/// <summary>An argument of a planned system call: a value known now, or one that another operation will have produced.</summary>
abstract record Arg
{
    Arg()
    {
    }

    /// <summary>A number; Name is the flag or constant it stands for, for printing.</summary>
    internal sealed record Number(long Value, object? Name) : Arg
    {
        public override string ToString() => Name switch
        {
            null => Value.ToString(CultureInfo.InvariantCulture),
            Enum flags => flags.ToString().Replace(", ", "|", StringComparison.Ordinal),
            var name => name.ToString()!, // an object that names itself
        };
    }

    /// <summary>The permissions of a file.</summary>
    internal sealed record Mode(uint Bits) : Arg
    {
        public override string ToString() => "0" + Convert.ToString(Bits, 8);
    }

    /// <summary>The address of a zero-terminated string.</summary>
    internal sealed record Text(string Value) : Arg
    {
        public override string ToString() => $"\"{Value}\"";
    }

    /// <summary>The address of a structure that the kernel only reads.</summary>
    internal sealed record Block(byte[] Bytes, Func<string> Name) : Arg
    {
        public override string ToString() => Name();
    }

    /// <summary>The address of a list of strings that ends with a null pointer: argv or envp.</summary>
    internal sealed record TextList(IReadOnlyList<string> Values) : Arg
    {
        public override string ToString() => $"[{string.Join(", ", Values.Select(value => $"\"{value}\""))}]";
    }

    /// <summary>What an earlier operation or the launcher left in a slot.</summary>
    internal sealed record From(Slot Slot) : Arg
    {
        public override string ToString() => Slot.Name;
    }

    /// <summary>An address inside memory that several operations share.</summary>
    internal sealed record Inside(Scratch Scratch, int Offset) : Arg
    {
        public override string ToString() => Offset == 0 ? Scratch.Name : $"{Scratch.Name}+{Offset}";
    }

    /// <summary>The address of a struct sock_fprog around a seccomp filter.</summary>
    internal sealed record Filter(byte[] Instructions) : Arg
    {
        const int InstructionBytes = 8;

        public override string ToString() => $"filter of {Instructions.Length / InstructionBytes} instructions";
    }

    /// <summary>The address of a struct msghdr with one text and one control message, kept in shared memory.</summary>
    internal sealed record Message(string Data, Scratch Control) : Arg
    {
        public override string ToString() => $"{{\"{Data}\", {Control.Name}}}";
    }

    public static implicit operator Arg(string text) => new Text(text);

    public static implicit operator Arg(int number) => new Number(number, null);

    public static implicit operator Arg(long number) => new Number(number, null);

    public static implicit operator Arg(Slot slot) => slot.Content;

    public static implicit operator Arg(Scratch scratch) => new Inside(scratch, 0);

    public static implicit operator Arg(O flags) => new Number((long)flags, flags);

    public static implicit operator Arg(At flags) => new Number((long)flags, flags);

    public static implicit operator Arg(Ms flags) => new Number((long)flags, flags);

    public static implicit operator Arg(CloneFlags flags) => new Number((long)flags, flags);

    public static Arg Octal(uint mode) => new Mode(mode);

    public static Arg Named(long value, string name) => new Number(value, name);

    public static Arg Null { get; } = new Number(0, "null");
}

/// <summary>A register of the spawn code: holds a descriptor or another result.</summary>
sealed class Slot(int index, string name)
{
    public int Index { get; } = index;

    public string Name { get; } = name;

    /// <summary>The argument that stands for what is in it.</summary>
    public Arg Content => field ??= new Arg.From(this);
}

/// <summary>Memory that one operation writes and another reads. Identity matters, not content.</summary>
sealed class Scratch(string name, byte[] initial)
{
    public string Name { get; } = name;

    public byte[] Initial { get; } = initial;
}
