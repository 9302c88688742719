using System.Globalization;

namespace Orchestrator.Runtime.Commands;

/// <summary>A command line of the kind runc takes: flags anywhere before the operands, as "--flag value" or "--flag=value".</summary>
sealed class Options
{
    readonly Dictionary<string, List<string>> _values = new(StringComparer.Ordinal);

    Options(IReadOnlyList<string> operands)
    {
        Operands = operands;
    }

    public IReadOnlyList<string> Operands { get; private set; }

    /// <summary>Reads the arguments. Flags end at the first operand, or at "--".</summary>
    /// <param name="arguments">What follows the command's name.</param>
    /// <param name="known">Flags: "bundle,b=" takes a value and has a short name; without "=" it is a switch.</param>
    /// <param name="interleaved">Whether flags may also follow operands, as in "kill ID --all".</param>
    /// <exception cref="UsageException">An unknown flag, or one without its value.</exception>
    public static Options Parse(IReadOnlyList<string> arguments, IReadOnlyList<string> known, bool interleaved = false)
    {
        var options = new Options([]);
        var operands = new List<string>();
        for (var i = 0; i < arguments.Count; i++)
        {
            var argument = arguments[i];
            var isFlag = argument.Length > 1 && argument[0] == '-';
            if (argument == "--" || !isFlag && !interleaved)
            {
                operands.AddRange(arguments.Skip(argument == "--" ? i + 1 : i));
                break;
            }

            if (!isFlag)
            {
                operands.Add(argument);
                continue;
            }

            var equals = argument.IndexOf('=');
            var name = (equals < 0 ? argument : argument[..equals]).TrimStart('-');
            var flag = known.FirstOrDefault(entry => entry.TrimEnd('=').Split(',').Contains(name))
                ?? throw new UsageException($"unknown flag {argument}");
            var key = flag.TrimEnd('=').Split(',')[0];
            if (!options._values.TryGetValue(key, out var list)) options._values.Add(key, list = []);
            if (flag.EndsWith('='))
                list.Add(equals >= 0 ? argument[(equals + 1)..] : ++i < arguments.Count ? arguments[i] : throw new UsageException($"{argument} needs a value"));
            else
                list.Add(equals < 0 ? "true" : argument[(equals + 1)..]);
        }

        options.Operands = operands;
        return options;
    }

    public bool Has(string flag) => _values.TryGetValue(flag, out var list) && list[^1] != "false";

    public string? Value(string flag) => _values.TryGetValue(flag, out var list) ? list[^1] : null;

    public IReadOnlyList<string> Values(string flag) => _values.TryGetValue(flag, out var list) ? list : [];

    public int Number(string flag, int otherwise) => Value(flag) is not { } text ? otherwise
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number
        : throw new UsageException($"--{flag}: '{text}' is not a number");

    /// <summary>The only operand.</summary>
    public string Single(string what) => Operands.Count == 1 ? Operands[0] : throw new UsageException($"wants {what}");
}

/// <summary>A command line that can't be understood.</summary>
sealed class UsageException(string message) : Exception(message);
