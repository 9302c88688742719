using System.Collections;
using System.CommandLine;
using Orchestrator.Manifests.Checking;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Orchestrator.Daemon.Hosting;

/// <summary>
/// The same options from three places: the command line, the environment (<c>ORCHD_DATA_DIR</c> is <c>--data-dir</c>), and a file of YAML (<c>data-dir:</c>). What is said in an
/// earlier one counts.
/// </summary>
static class Configuration
{
    public const string DefaultFile = "/etc/orchd/config.yaml";

    public const string FileOption = "--config";

    const string Prefix = "ORCHD_";

    /// <summary>A line of a file that can't be meant.</summary>
    public sealed record Mistake(string File, long Line, string What)
    {
        public override string ToString() => $"{File}:{Line}: {What}";
    }

    /// <summary>The words of a command line, with those of the environment and the file that it leaves open.</summary>
    /// <exception cref="StartException">The file has mistakes; all are named.</exception>
    public static IReadOnlyList<string> Complete(RootCommand root, IReadOnlyList<string> words, IDictionary environment)
    {
        var parsed = root.Parse(words);
        var command = parsed.CommandResult.Command;
        var open = command.Options.Where(option => IsSetting(option) && parsed.GetResult(option) is null or { Implicit: true }).ToList();
        if (open.Count == 0 || command.Name == "check") return words;
        var file = FileOf(parsed, environment);
        var (settings, mistakes) = file is null ? ([], []) : Read(file, Known(root));
        if (mistakes.Count > 0) throw new StartException(string.Join("\norchd: ", mistakes));
        List<string> all = [.. words];
        foreach (var option in open)
        {
            if (environment[VariableOf(option.Name)] is string value) all.Add($"{option.Name}={value}");
            else all.AddRange(settings.Where(setting => setting.Option == option.Name).Select(setting => $"{option.Name}={setting.Value}"));
        }

        return all;
    }

    /// <summary>What is wrong with a file and with the environment, for a person who has just written them.</summary>
    public static (int Settings, IReadOnlyList<string> Problems) Check(RootCommand root, string file, IDictionary environment)
    {
        var known = Known(root);
        var (settings, mistakes) = Read(file, known);
        var problems = mistakes.Select(mistake => mistake.ToString()).ToList();
        foreach (var setting in settings)
        {
            foreach (var error in Of(root, setting.Option).Parse([$"{setting.Option}={setting.Value}"]).Errors)
                problems.Add(new Mistake(file, setting.Line, $"{setting.Option[2..]}: {error.Message}").ToString());
        }

        foreach (var variable in environment.Keys.OfType<string>().Where(name => name.StartsWith(Prefix, StringComparison.Ordinal)).Order(StringComparer.Ordinal))
        {
            if (!known.Any(option => VariableOf(option) == variable)) problems.Add($"environment: {Unknown(variable, known.Select(VariableOf))}");
        }

        return (settings.Count, problems);
    }

    static string? FileOf(ParseResult parsed, IDictionary environment)
    {
        var option = parsed.CommandResult.Command.Options.FirstOrDefault(option => option.Name == FileOption);
        if (option is null) return null;
        if ((parsed.GetResult(option) is { Implicit: false } ? parsed.GetValue<string>(FileOption) : environment[VariableOf(FileOption)] as string) is { } named)
            return File.Exists(named) ? named : throw new StartException($"there is no file {named} (--config)");
        return File.Exists(DefaultFile) ? DefaultFile : null;
    }

    static (List<(string Option, string Value, long Line)> Settings, List<Mistake> Mistakes) Read(string file, IReadOnlyList<string> known)
    {
        List<(string, string, long)> settings = [];
        List<Mistake> mistakes = [];
        try
        {
            using var text = new StreamReader(file);
            var yaml = new YamlStream();
            yaml.Load(text);
            if (yaml.Documents.Count == 0) return (settings, mistakes);
            if (yaml.Documents[0].RootNode is not YamlMappingNode pairs) return (settings, [new Mistake(file, 1, "write settings as `name: value`, one a line")]);
            foreach (var (key, value) in pairs.Children)
            {
                var (name, line) = (key.ToString(), key.Start.Line);
                if (!known.Contains($"--{name}")) mistakes.Add(new Mistake(file, line, Unknown(name, known.Select(option => option[2..]))));
                else if (Values(value) is { } values) settings.AddRange(values.Select(each => ($"--{name}", each, line)));
                else mistakes.Add(new Mistake(file, line, $"{name}: write one value, or a list of them"));
            }
        }
        catch (YamlException broken)
        {
            mistakes.Add(new Mistake(file, broken.Start.Line, broken.Message));
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            throw new StartException($"{file} can't be read: {refused.Message}");
        }

        return (settings, mistakes);
    }

    // A mapping is how people write labels.
    static IEnumerable<string>? Values(YamlNode value) => value switch
    {
        YamlScalarNode one => [one.Value ?? ""],
        YamlSequenceNode many when many.All(each => each is YamlScalarNode) => many.Select(each => ((YamlScalarNode)each).Value ?? ""),
        YamlMappingNode named when named.Children.All(each => each.Value is YamlScalarNode) => named.Children.Select(each => $"{each.Key}={((YamlScalarNode)each.Value).Value}"),
        _ => null,
    };

    static string Unknown(string name, IEnumerable<string> known) =>
        $"there is no setting {name}{(Spelling.Nearest(name, known) is { } near ? $"; did you mean {near}?" : "; `orchd server --help` lists them")}";

    static string VariableOf(string option) => Prefix + option[2..].Replace('-', '_').ToUpperInvariant();

    static bool IsSetting(Option option) => option.Name is not ("--help" or "--version" or FileOption or "--yes");

    static List<string> Known(Command root) =>
        [.. Commands(root).SelectMany(command => command.Options).Where(IsSetting).Select(option => option.Name).Where(name => name.StartsWith("--", StringComparison.Ordinal)).Distinct().Order(StringComparer.Ordinal)];

    static Command Of(Command root, string option) => Commands(root).First(command => command.Options.Any(each => each.Name == option));

    static IEnumerable<Command> Commands(Command command) => command.Subcommands.SelectMany(Commands).Prepend(command);
}
