namespace Orchestrator.Faults.Linearizability;

/// <summary>One register that is read, written, and compared and swapped.</summary>
sealed class Register : Specification<RegisterState, RegisterInput, RegisterOutput>
{
    public override RegisterState Initial => new(null);

    public override bool TryStep(RegisterState state, Operation<RegisterInput, RegisterOutput> operation, out RegisterState next)
    {
        var (input, output) = (operation.Input, operation.Output);
        var swaps = input.Verb is RegisterVerb.Swap && state.Value == input.Expected;
        next = input.Verb is RegisterVerb.Write || swaps ? new RegisterState(input.Value) : state;
        return output is null || input.Verb switch
        {
            RegisterVerb.Read => output.Value == state.Value,
            RegisterVerb.Write => true,
            RegisterVerb.Swap => output.Swapped == swaps,
        };
    }
}

enum RegisterVerb
{
    Read,
    Write,
    Swap,
}

/// <param name="Value">What is held; null before the first write.</param>
readonly record struct RegisterState(int? Value);

/// <param name="Value">What is written.</param>
/// <param name="Expected">What a swap wants to find.</param>
sealed record RegisterInput(RegisterVerb Verb, int? Value = null, int? Expected = null);

/// <param name="Value">What was read.</param>
sealed record RegisterOutput(int? Value = null, bool Swapped = false);
