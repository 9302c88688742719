using Orchestrator.Bench;

if (args is not [var what, var orchd, var output, var rounds]) throw new ArgumentException("usage: failover|store ORCHD OUTPUT ROUNDS");
var directory = Directory.CreateTempSubdirectory("bench-store-").FullName;
try
{
    var results = what switch
    {
        "failover" => await Failover.RunAsync(orchd, directory, int.Parse(rounds, System.Globalization.CultureInfo.InvariantCulture)),
        "store" => await StoreBench.RunAsync(orchd, directory, int.Parse(rounds, System.Globalization.CultureInfo.InvariantCulture)),
        _ => throw new ArgumentException($"there is no benchmark {what}"),
    };
    Result.Write(results, output);
}
finally
{
    Directory.Delete(directory, recursive: true);
}
