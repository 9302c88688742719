namespace Orchestrator.Faults.Linearizability;

/// <summary>Texts by key, which are read, written and appended to.</summary>
sealed class KeyValues : Specification<string, KeyValueInput, string>
{
    public override string Initial => "";

    public override string ObjectOf(KeyValueInput input) => input.Key;

    public override bool TryStep(string state, Operation<KeyValueInput, string> operation, out string next)
    {
        var input = operation.Input;
        next = input.Verb switch
        {
            KeyValueVerb.Get => state,
            KeyValueVerb.Put => input.Value,
            KeyValueVerb.Append => state + input.Value,
        };
        return input.Verb is not KeyValueVerb.Get || operation.Output is null || operation.Output == state;
    }
}

enum KeyValueVerb
{
    Get,
    Put,
    Append,
}

sealed record KeyValueInput(KeyValueVerb Verb, string Key, string Value = "");
