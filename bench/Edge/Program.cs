using Orchestrator.Bench;

if (args is not [var bin, var output, var rounds]) throw new ArgumentException("usage: edge BIN-DIRECTORY OUTPUT ROUNDS");
var directory = Directory.CreateTempSubdirectory("bench-edge-").FullName;
try
{
    await using var site = await Site.StartAsync(bin, directory);
    Result.Write(await EdgeBench.RunAsync(site, int.Parse(rounds, System.Globalization.CultureInfo.InvariantCulture)), output);
}
finally
{
    Directory.Delete(directory, recursive: true);
}
