using System.Globalization;
using System.Text.Json.Nodes;

namespace Orchestrator.Bench;

/// <summary>One line of the table and of the file. Peer is what Value stands beside; Goal is the most that Value may be, or Least the least.</summary>
sealed record Result(string Name, double Value, string Unit, double? Peer = null, double? Goal = null, double? Least = null)
{
    public bool? Met => Goal is { } most ? Value <= most : Least is { } least ? Value >= least : null;

    JsonObject Json => new()
    {
        ["name"] = Name, ["value"] = Math.Round(Value, 3), ["unit"] = Unit,
        ["peer"] = Peer is { } peer ? Math.Round(peer, 3) : null, ["goal"] = Goal ?? Least, ["met"] = Met,
    };

    public static void Write(IReadOnlyList<Result> results, string file)
    {
        File.WriteAllText(file, new JsonArray([.. results.Select(result => (JsonNode)result.Json)]).ToJsonString());
        var width = results.Max(result => result.Name.Length);
        Console.WriteLine($"{"".PadRight(width)}  {"value",9}  {"peer",9}  {"goal",6}  met");
        foreach (var result in results)
            Console.WriteLine($"{result.Name.PadRight(width)}  {Number(result.Value),9}  {Number(result.Peer),9}  {Number(result.Goal ?? result.Least),6}  {Word(result.Met),-3}  {result.Unit}");
    }

    static string Number(double? number) => number?.ToString("0.##", CultureInfo.InvariantCulture) ?? "";

    static string Word(bool? met) => met switch { null => "", true => "yes", false => "NO" };
}
