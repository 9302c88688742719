using Orchestrator.Testing;

namespace Orchestrator.Runtime.Tests;

/// <summary>Thousands of lives, several at once, with orun itself killed at any moment: nothing of them is left in the end.</summary>
[Collection(Containers.Name)]
public sealed class SoakTests
{
    const int Parallel = 8;
    const int KilledInTen = 3;
    const int LongestLifeMilliseconds = 12; // create takes about so long on a busy machine

    // Five thousand in ./test.sh --conformance, which sets it.
    static readonly int Cycles = Environment.GetEnvironmentVariable("ORCH_CASES") is null ? 200 : 5_000;

    [Fact]
    public async Task Lives_with_the_runtime_killed_in_between_leave_nothing()
    {
        using var sandbox = new Sandbox("sleep", "1000");
        sandbox.Linux.Remove("cgroupsPath"); // each gets one by its id
        sandbox.Save();
        var workers = Enumerable.Range(0, Parallel).Select(worker => Task.Run(() =>
        {
            var random = new Random(worker);
            for (var cycle = 0; cycle < Cycles / Parallel; cycle++) Live(sandbox, $"{sandbox.Name}-{worker}-{cycle}", random);
        }));
        await Task.WhenAll(workers);

        Assert.Equal("", Orun.Run(Orun.Program, "--root", sandbox.State, "list", "--quiet").Succeeds().Output);
        Assert.Empty(Directory.Exists(sandbox.State) ? Directory.EnumerateFileSystemEntries(sandbox.State) : []);
        Assert.Empty(Directory.EnumerateDirectories("/sys/fs/cgroup").SelectMany(hierarchy => Directory.EnumerateDirectories(hierarchy, sandbox.Name + "-*", SearchOption.AllDirectories)));
        Assert.DoesNotContain(sandbox.Name, File.ReadAllText("/proc/self/mountinfo"), StringComparison.Ordinal);
        // A process that has just been killed may still be on its way out.
        await Eventually.HoldsAsync(() => Processes(sandbox.Name).Count == 0, "no process is left", () => string.Join('\n', Processes(sandbox.Name)));
    }

    static void Live(Sandbox sandbox, string id, Random random)
    {
        Step(sandbox, random, "create", "--bundle", sandbox.Directory, id);
        Step(sandbox, random, "start", id);
        Step(sandbox, random, "kill", id, "KILL");
        Step(sandbox, random, "delete", "--force", id);
        // Whatever was cut off: one whole deletion makes an end of it.
        Orun.Run(Orun.Program, "--root", sandbox.State, "delete", "--force", id).Succeeds();
    }

    static void Step(Sandbox sandbox, Random random, params string[] arguments)
    {
        string[] all = ["--root", sandbox.State, .. arguments];
        if (random.Next(10) >= KilledInTen)
        {
            // Fails when the step before was cut off; that it ends is what counts.
            Orun.Run(Orun.Program, all);
            return;
        }

        using var process = Orun.Start(Orun.Program, all);
        process.WaitForExit(random.Next(LongestLifeMilliseconds));
        process.Kill();
        process.WaitForExit();
    }

    static List<string> Processes(string name) =>
    [
        .. from directory in Directory.EnumerateDirectories("/proc")
           where int.TryParse(Path.GetFileName(directory), out _)
           let cgroup = Text(directory + "/cgroup")
           let command = Text(directory + "/cmdline")
           where cgroup.Contains("/" + name + "-", StringComparison.Ordinal) || command.Contains(name + "-", StringComparison.Ordinal)
           select directory + ": " + command.Replace('\0', ' '),
    ];

    static string Text(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (IOException)
        {
            return ""; // it has ended
        }
    }
}
