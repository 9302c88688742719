using Orchestrator.Runtime.Spec;

namespace Orchestrator.Runtime.Seccomp;

/// <summary>Comparisons of a system call's 64-bit arguments, in 32-bit steps, high half first.</summary>
static class ArgumentCode
{
    const int FirstArgumentOffset = 16, ArgumentBytes = 8, HighHalf = 4; // struct seccomp_data, little endian

    /// <summary>Returns the action if all conditions hold, else falls through to what follows.</summary>
    public static List<Instruction> When(IReadOnlyList<SeccompArgument> conditions, uint action)
    {
        var steps = conditions.SelectMany(Compare).ToList();
        var code = new List<Instruction>(steps.Count + 1);
        // Each step's exits: on, to the next condition, or out, past the return at the end.
        for (var i = 0; i < steps.Count; i++)
        {
            var left = steps.Count - i;
            code.Add(steps[i].Instruction with
            {
                IfTrue = (byte)Distance(steps[i].IfTrue, steps[i].ToNextCondition, left),
                IfFalse = (byte)Distance(steps[i].IfFalse, steps[i].ToNextCondition, left),
            });
        }

        code.Add(Instruction.Return(action));
        return code;
    }

    static int Distance(Exit exit, int toNextCondition, int left) => exit switch
    {
        Exit.NextStep => 0,
        Exit.Holds => toNextCondition,
        Exit.Fails => left,
    };

    static IEnumerable<Step> Compare(SeccompArgument argument)
    {
        uint low = (uint)argument.Value, high = (uint)(argument.Value >> 32);
        uint lowTwo = (uint)argument.ValueTwo, highTwo = (uint)(argument.ValueTwo >> 32);
        var steps = argument.Comparison switch
        {
            SeccompComparison.Equal =>
            [
                High(argument), If(Instruction.IfEqual(high, 0, 0), Exit.NextStep, Exit.Fails),
                Low(argument), If(Instruction.IfEqual(low, 0, 0), Exit.Holds, Exit.Fails),
            ],
            SeccompComparison.NotEqual =>
            [
                High(argument), If(Instruction.IfEqual(high, 0, 0), Exit.NextStep, Exit.Holds),
                Low(argument), If(Instruction.IfEqual(low, 0, 0), Exit.Fails, Exit.Holds),
            ],
            SeccompComparison.Greater => Ordered(argument, Instruction.IfGreater(low, 0, 0), Exit.Holds, Exit.Fails),
            SeccompComparison.GreaterOrEqual => Ordered(argument, Instruction.IfAtLeast(low, 0, 0), Exit.Holds, Exit.Fails),
            SeccompComparison.LessOrEqual => Ordered(argument, Instruction.IfGreater(low, 0, 0), Exit.Fails, Exit.Holds),
            SeccompComparison.Less => Ordered(argument, Instruction.IfAtLeast(low, 0, 0), Exit.Fails, Exit.Holds),
            SeccompComparison.MaskedEqual =>
            [
                High(argument), new Step(Instruction.And(high), Exit.NextStep, Exit.NextStep),
                If(Instruction.IfEqual(highTwo, 0, 0), Exit.NextStep, Exit.Fails),
                Low(argument), new Step(Instruction.And(low), Exit.NextStep, Exit.NextStep),
                If(Instruction.IfEqual(lowTwo, 0, 0), Exit.Holds, Exit.Fails),
            ],
        };
        for (var i = 0; i < steps.Length; i++) yield return steps[i] with { ToNextCondition = steps.Length - 1 - i };
    }

    static Step[] Ordered(SeccompArgument argument, Instruction lowTest, Exit whenAbove, Exit whenBelow)
    {
        var high = (uint)(argument.Value >> 32);
        return
        [
            High(argument), If(Instruction.IfGreater(high, 0, 0), whenAbove, Exit.NextStep),
            If(Instruction.IfEqual(high, 0, 0), Exit.NextStep, whenBelow),
            Low(argument), If(lowTest, whenAbove, whenBelow),
        ];
    }

    static Step High(SeccompArgument argument) => Load(argument.Index, HighHalf);

    static Step Low(SeccompArgument argument) => Load(argument.Index, 0);

    static Step Load(int index, int half) =>
        new(Instruction.Load(FirstArgumentOffset + index * ArgumentBytes + half), Exit.NextStep, Exit.NextStep);

    static Step If(Instruction test, Exit then, Exit otherwise) => new(test, then, otherwise);

    enum Exit
    {
        NextStep,
        Holds,
        Fails,
    }

    sealed record Step(Instruction Instruction, Exit IfTrue, Exit IfFalse)
    {
        public int ToNextCondition { get; init; }
    }
}
