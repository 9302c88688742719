using Orchestrator.Bench;

if (args is not [var bin, var output, var backend, var image, var rounds]) throw new ArgumentException("usage: services BIN-DIRECTORY OUTPUT BACKEND-NAMESPACE IMAGE ROUNDS");
var directory = Directory.CreateTempSubdirectory("bench-services-").FullName;
try
{
    await using var machine = await Machine.StartAsync(bin, directory, backend, image);
    List<Result> results = [.. await Paths.RunAsync(machine, int.Parse(rounds, System.Globalization.CultureInfo.InvariantCulture)), .. await Programming.RunAsync(machine)];
    Result.Write(results, output);
}
finally
{
    Directory.Delete(directory, recursive: true);
}
