using System.CommandLine;
using Orchestrator.Cli.Connection;
using Orchestrator.Contracts;
using Orchestrator.Model.History;

namespace Orchestrator.Cli.Commands;

/// <summary>Options that name a moment of the past. Times of day are this machine's.</summary>
static class Moments
{
    public static Option<string> Option(string name, string description, bool required = false) => new(name) { Description = $"{description}: {PointInTime.Forms}", Required = required };

    /// <returns>Null when the option was not given.</returns>
    /// <exception cref="CliException">It can't be read.</exception>
    public static Moment? Read(ParseResult parsed, Option<string> option)
    {
        if (parsed.GetValue(option) is not { } text) return null;
        return PointInTime.TryParse(text, TimeProvider.System.GetLocalNow()) switch
        {
            { Revision: { } revision } => new Moment { Revision = revision },
            { Time: { } time } => new Moment { UnixMilliseconds = time.ToUnixTimeMilliseconds() },
            _ => throw new CliException($"{option.Name} {text} is no moment; write {PointInTime.Forms}"),
        };
    }
}
