using System.Diagnostics;
using System.Globalization;
using Google.Protobuf;
using Orchestrator.Contracts;
using Orchestrator.Model;
using Orchestrator.Model.Meta;
using Orchestrator.Model.State;

namespace Orchestrator.Bench;

/// <summary>What many objects of 1 KiB cost one server in memory and on disk, and how long it takes to come back with them.</summary>
static class Holding
{
    const int ObjectsInCommand = 500, CommandsAtOnce = 8;

    public static async Task<IEnumerable<Result>> RunAsync(string orchd, string directory, int objects)
    {
        await using var servers = new OrchdServers(orchd, directory, [new Host("127.0.0.21", "/proc/self/ns/net")]);
        await servers.StartAllAsync();
        await servers.LeaderAsync();
        var before = servers.ResidentBytes(0);
        var next = 0;
        await Task.WhenAll(Enumerable.Range(0, CommandsAtOnce).Select(_ => FillAsync()));
        var memory = servers.ResidentBytes(0) - before;
        var disk = servers.DiskBytes(0);

        await servers.EndAsync(0);
        var clock = Stopwatch.StartNew();
        servers.Start(0);
        await servers.LeaderAsync();
        var start = clock.Elapsed.TotalSeconds;
        var thousands = string.Create(CultureInfo.InvariantCulture, $"{objects / 1000},000 objects");
        return
        [
            new Result($"{thousands}: memory of a server, an object", memory / (double)objects, "B"),
            new Result($"{thousands}: disk of a server (snapshots and log), an object", disk / (double)objects, "B"),
            new Result($"{thousands}: from kill -9 to serving again", start, "s"),
        ];

        async Task FillAsync()
        {
            while (Interlocked.Add(ref next, ObjectsInCommand) is var end && end <= objects)
            {
                var command = new Command(Guid.NewGuid().ToString("N"), DateTimeOffset.UtcNow, "bench") { Operations = [.. Enumerable.Range(end - ObjectsInCommand, ObjectsInCommand).Select(Creating)] };
                await servers.Peer(0).ProposeAsync(new ProposeRequest { Command = UnsafeByteOperations.UnsafeWrap(ModelJson.Encode(command)), WithoutResources = true });
            }
        }
    }

    // Not the same text in each, which would compress to nothing.
    static Create Creating(int number) => new(new Record
    {
        Metadata = new ObjectMeta { Name = string.Create(CultureInfo.InvariantCulture, $"object-{number}"), Uid = number.ToString(CultureInfo.InvariantCulture) },
        Data = Convert.ToBase64String(RandomBytes(number)),
    });

    static byte[] RandomBytes(int seed)
    {
        var bytes = new byte[Load.ValueBytes / 4 * 3];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }
}
