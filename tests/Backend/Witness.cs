namespace Orchestrator.Backend;

/// <summary>
/// Sees from outside of the cluster whether something runs twice: a file that is locked as long as this process lives (flock(2), which is what an exclusive file is to the framework), in a
/// directory that all hosts share. Who finds it locked says so in a file that nobody ever removes.
/// </summary>
static class Witness
{
    public static async Task<int> RunAsync(string directory)
    {
        var name = Environment.MachineName;
        try
        {
            using var held = new FileStream(Path.Combine(directory, name), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            await File.AppendAllTextAsync(Path.Combine(directory, $"{name}.runs"), $"{DateTime.UtcNow:O}\n");
            await Task.Delay(Timeout.Infinite);
            return 0;
        }
        catch (IOException locked)
        {
            await File.AppendAllTextAsync(Path.Combine(directory, "doubles"), $"{DateTime.UtcNow:O} {name}: {locked.Message}\n");
            return 1;
        }
    }
}
