using System.Globalization;
using System.Text;
using Orchestrator.Runtime.Syscalls;

namespace Orchestrator.Runtime.Plan;

/// <summary>
/// One system call of the container's process, and what follows: on success go on at OkTo, on a tolerated error at ErrorTo, on
/// any other error the launch fails with What as the reason. Jumps only lead forward.
/// </summary>
sealed class Op(Call call, Arg[] args, string what)
{
    Mark? _ok, _error;

    public Call Call { get; } = call;

    public Arg[] Args { get; } = args;

    public string What { get; } = what;

    public Slot? Result { get; private set; }

    public Errno Tolerated { get; private set; }

    public Errno AlsoTolerated { get; private set; }

    public int OkTo { get; private set; }

    public int ErrorTo { get; private set; }

    public Op Into(Slot slot)
    {
        Result = slot;
        return this;
    }

    /// <summary>After success go to the mark instead of the next operation.</summary>
    public Op ThenTo(Mark mark)
    {
        _ok = mark;
        return this;
    }

    /// <summary>These errors are no failure: go on with the next operation, or at the mark.</summary>
    public Op Tolerate(Errno errno, Errno also = Errno.None, Mark? to = null)
    {
        (Tolerated, AlsoTolerated, _error) = (errno, also, to);
        return this;
    }

    /// <summary>Makes its jumps places, now that all marks are placed.</summary>
    public void Finish(int index) => (OkTo, ErrorTo) = (_ok?.Index ?? index + 1, _error?.Index ?? index + 1);

    /// <summary>The operation in one line, as strace would print it, with its jumps.</summary>
    public string Print(int index)
    {
        var line = new StringBuilder();
        line.Append(CultureInfo.InvariantCulture, $"{index,4}  ");
        if (Result is not null) line.Append(Result.Name).Append(" = ");
        line.Append(Call).Append('(').AppendJoin(", ", (IEnumerable<Arg>)Args).Append(')');
        if (OkTo != index + 1) line.Append(CultureInfo.InvariantCulture, $"  ok -> {OkTo}");
        if (Tolerated != Errno.None)
        {
            line.Append("  ").Append(Tolerated);
            if (AlsoTolerated != Errno.None) line.Append('|').Append(AlsoTolerated);
            line.Append(CultureInfo.InvariantCulture, $" -> {ErrorTo}");
        }

        return line.Append("  # ").Append(What).ToString();
    }
}

/// <summary>
/// Everything the container's process will do between clone and exec, and what the launcher must open for it before.
/// </summary>
sealed record LaunchPlan(
    CloneFlags Namespaces, IReadOnlyList<Input> Inputs, List<Op> Ops, IReadOnlyList<string> Warnings)
{
    /// <summary>True: the process gets a copy of the launcher's memory instead of sharing it.</summary>
    public bool OwnMemory { get; init; }

    public string Print()
    {
        var text = new StringBuilder();
        text.Append("clone ").AppendLine(Namespaces.ToString().Replace(", ", "|", StringComparison.Ordinal));
        foreach (var input in Inputs)
            text.Append("open  ").Append(input.Slot.Name).Append(" = ").AppendLine(input.Path);
        for (var i = 0; i < Ops.Count; i++) text.AppendLine(Ops[i].Print(i));
        return text.ToString();
    }
}

/// <summary>A file that the launcher opens in its own namespaces before the clone.</summary>
sealed record Input(Slot Slot, string Path, O Flags);
