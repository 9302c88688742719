using System.Text;
using Orchestrator.Runtime.Plan;

namespace Orchestrator.Runtime.Launch;

/// <summary>Turns a plan into the 80-byte operations that the spawn code walks (their layout: spawn.x64.S).</summary>
sealed unsafe class PlanEncoder(Arena arena)
{
    const int OpBytes = 80, ArgumentCount = 6;
    const byte Constant = 255;
    const int MessageBytes = 56; // struct msghdr

    readonly Dictionary<Scratch, nint> _scratches = [];
    readonly Dictionary<IReadOnlyList<string>, nint> _lists = [];

    public byte* Encode(List<Op> ops)
    {
        var first = arena.Take((nint)ops.Count * OpBytes);
        for (var i = 0; i < ops.Count; i++) Encode(ops[i], i, first + i * OpBytes);
        return first;
    }

    void Encode(Op op, int index, byte* target)
    {
        *(int*)target = (int)op.Call;
        *(short*)(target + 4) = (short)(op.Result?.Index ?? -1);
        *(ushort*)(target + 6) = checked((ushort)(op.ErrorTo - index - 1));
        *(ushort*)(target + 8) = (ushort)op.Tolerated;
        *(ushort*)(target + 10) = (ushort)op.AlsoTolerated;
        *(ushort*)(target + 12) = checked((ushort)(op.OkTo - index - 1));
        *(ushort*)(target + 14) = checked((ushort)index);
        new Span<byte>(target + 16, ArgumentCount).Fill(Constant);
        for (var i = 0; i < op.Args.Length; i++)
        {
            var arg = op.Args[i];
            target[16 + i] = arg is Arg.From from ? (byte)from.Slot.Index : Constant;
            *(long*)(target + 24 + i * sizeof(long)) = Value(arg);
        }
    }

    long Value(Arg arg) => arg switch
    {
        Arg.Number number => number.Value,
        Arg.Mode mode => mode.Bits,
        Arg.Text text => (long)arena.Place(text.Value),
        Arg.Block block => (long)arena.Place(block.Bytes),
        Arg.TextList list => TextList(list.Values),
        Arg.From => 0,
        Arg.Inside inside => Memory(inside.Scratch) + inside.Offset,
        Arg.Filter filter => Filter(filter.Instructions),
        Arg.Message message => Message(message),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    long TextList(IReadOnlyList<string> values)
    {
        if (!_lists.TryGetValue(values, out var address)) _lists.Add(values, address = (nint)arena.Place(values));
        return address;
    }

    nint Memory(Scratch scratch)
    {
        if (!_scratches.TryGetValue(scratch, out var address)) _scratches.Add(scratch, address = (nint)arena.Place(scratch.Initial));
        return address;
    }

    // struct sock_fprog: u16 count, pointer.
    long Filter(byte[] instructions)
    {
        const int instructionBytes = 8;
        var program = arena.Take(16);
        *(ushort*)program = checked((ushort)(instructions.Length / instructionBytes));
        *(byte**)(program + 8) = arena.Place(instructions);
        return (long)program;
    }

    // struct msghdr with one iovec: name, name length, iovec, count, control, control length, flags.
    long Message(Arg.Message message)
    {
        var vector = (long*)arena.Take(16);
        vector[0] = (long)arena.Place(message.Data);
        vector[1] = Encoding.UTF8.GetByteCount(message.Data);
        var header = (long*)arena.Take(MessageBytes);
        header[2] = (long)vector;
        header[3] = 1;
        header[4] = Memory(message.Control);
        header[5] = message.Control.Initial.Length;
        return (long)header;
    }
}
