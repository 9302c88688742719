using System.Text.Json;
using System.Text.Json.Serialization;

namespace Orchestrator.Faults.Linearizability;

/// <summary>
/// A history as JSON lines, one operation a line, so that another checker can judge it: client, call, return, input, output. One that was not answered
/// has no return and no output.
/// </summary>
static class HistoryFile
{
    static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    public static void Write<TInput, TOutput>(TextWriter file, IEnumerable<Operation<TInput, TOutput>> history)
    {
        foreach (var each in history)
        {
            long? returned = each.IsAnswered ? each.Return : null;
            file.WriteLine(JsonSerializer.Serialize(new Line<TInput, TOutput>(each.Client, each.Call, returned, each.Input, each.Output), Options));
        }
    }

    /// <exception cref="InvalidDataException">A line is no operation; the message says which.</exception>
    public static List<Operation<TInput, TOutput>> Read<TInput, TOutput>(TextReader file)
    {
        var history = new List<Operation<TInput, TOutput>>();
        while (file.ReadLine() is { } text)
        {
            try
            {
                var line = JsonSerializer.Deserialize<Line<TInput, TOutput>>(text, Options) ?? throw new JsonException("null is no operation");
                history.Add(new Operation<TInput, TOutput>(
                    line.Client, line.Call, line.Return ?? Operation<TInput, TOutput>.Never, line.Input, line.Output));
            }
            catch (JsonException cause)
            {
                throw new InvalidDataException($"line {history.Count + 1}: {cause.Message}", cause);
            }
        }

        return history;
    }

    sealed record Line<TInput, TOutput>(
        [property: JsonRequired] int Client, [property: JsonRequired] long Call, long? Return, [property: JsonRequired] TInput Input, TOutput? Output);
}
