using System.Globalization;
using System.Text.RegularExpressions;
using Orchestrator.Testing;

namespace Orchestrator.Faults.Linearizability;

/// <summary>Recorded histories whose verdict is known, as they were published. A line is an event, and its number the time.</summary>
static partial class KnownHistories
{
    static string Folder => RepoRoot.Below("tests/Faults/Data/linearizability");

    /// <summary>Each file with whether it is linearizable.</summary>
    public static IEnumerable<(string File, bool Linearizable)> Verdicts() =>
        File.ReadLines(Path.Combine(Folder, "verdicts.txt")).Select(line => line.Split(' ')).Select(words => (words[0], bool.Parse(words[1])));

    /// <summary>What Jepsen logged: invoked; answered (ok), refused (fail), or lost (info). A read that failed tells nothing.</summary>
    /// <exception cref="InvalidDataException">A line is no event.</exception>
    public static List<Operation<RegisterInput, RegisterOutput>> Registers(string file)
    {
        var history = new List<Operation<RegisterInput, RegisterOutput>>();
        var open = new Dictionary<int, int>();
        var time = 0L;
        foreach (var line in File.ReadLines(Path.Combine(Folder, file)))
        {
            time++;
            var match = JepsenEvent().Match(line);
            if (!match.Success) throw new InvalidDataException($"{file}:{time}: {line}");
            var (process, type, verb, value) = (Number(match.Groups[1].Value), match.Groups[2].Value, match.Groups[3].Value, match.Groups[4].Value);
            if (type == "invoke")
            {
                open[process] = history.Count;
                history.Add(new(process, time, Operation<RegisterInput, RegisterOutput>.Never, Input(verb, value), null));
            }
            else if (type != "info" && value != ":timed-out")
            {
                var invoked = open[process];
                var output = verb == "read" ? new RegisterOutput(NumberOrNil(value)) : new RegisterOutput(Swapped: type == "ok");
                history[invoked] = history[invoked] with { Return = time, Output = output };
            }
        }

        return [.. history.Where(operation => operation.IsAnswered || operation.Input.Verb is not RegisterVerb.Read)];
    }

    /// <exception cref="InvalidDataException">A line is no event.</exception>
    public static List<Operation<KeyValueInput, string>> KeyValues(string file)
    {
        var history = new List<Operation<KeyValueInput, string>>();
        var open = new Dictionary<int, int>();
        var time = 0L;
        foreach (var line in File.ReadLines(Path.Combine(Folder, file)))
        {
            time++;
            var match = KeyValueEvent().Match(line);
            if (!match.Success) throw new InvalidDataException($"{file}:{time}: {line}");
            var (process, value) = (Number(match.Groups[1].Value), match.Groups[5].Value);
            if (match.Groups[2].Value == "invoke")
            {
                open[process] = history.Count;
                var verb = Enum.Parse<KeyValueVerb>(match.Groups[3].Value, ignoreCase: true);
                history.Add(new(process, time, Operation<KeyValueInput, string>.Never, new KeyValueInput(verb, match.Groups[4].Value, value), null));
            }
            else
            {
                history[open[process]] = history[open[process]] with { Return = time, Output = value };
            }
        }

        return history;
    }

    static RegisterInput Input(string verb, string value) => verb switch
    {
        "read" => new RegisterInput(RegisterVerb.Read),
        "write" => new RegisterInput(RegisterVerb.Write, Number(value)),
        _ => value.Trim('[', ']').Split(' ') is [var expected, var wanted]
            ? new RegisterInput(RegisterVerb.Swap, Number(wanted), Number(expected))
            : throw new InvalidDataException(value),
    };

    static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    static int? NumberOrNil(string text) => text == "nil" ? null : Number(text);

    [GeneratedRegex(@"^INFO\s+jepsen\.util - (\d+)\s+:(invoke|ok|fail|info)\s+:(read|write|cas)\s+(.+)$")]
    private static partial Regex JepsenEvent();

    [GeneratedRegex("""^\{:process (\d+), :type :(invoke|ok), :f :(get|put|append), :key "(.*)", :value (?:nil|"(.*)")\}$""")]
    private static partial Regex KeyValueEvent();
}
