using Orchestrator.ControlPlane.Store;
using Orchestrator.Model.Meta;
using Orchestrator.Model.State;
using Orchestrator.Testing;
using Record = Orchestrator.Model.Meta.Record;

namespace Orchestrator.ControlPlane.Tests.Store;

public sealed class FullDiskTests : IDisposable
{
    readonly TempDirectory _temp = new();
    int _ids;

    public void Dispose() => _temp.Dispose();

    [Fact]
    public async Task A_store_whose_disk_fills_up_refuses_writes_and_says_so_goes_on_reading_and_deleting_and_writes_again_when_there_is_room()
    {
        using var disk = new SmallDisk(_temp["disk"], megabytes: 128);
        var options = RaftMember.Alone(Path.Combine(disk.Path, "one")) with { LogChunkBytes = 1 << 20, MinFreeBytes = 64 << 20, SnapshotEveryBytes = long.MaxValue, SnapshotEveryEntries = long.MaxValue };
        await using var store = await RaftMember.OpenStoreAsync(options);
        await Eventually.HoldsAsync(() => store.IsLeader, "it leads");

        var written = 0;
        var full = await Assert.ThrowsAsync<DiskFullException>(async () =>
        {
            for (; written < 2000; written++) Assert.IsType<Applied>(await store.WriteAsync(Creating($"r{written}")));
        });
        Assert.Contains("nothing is written until there is room", full.Message, StringComparison.Ordinal);
        Assert.False(store.Failed.IsCompleted, "the log itself never ran into the end of the disk");
        Assert.Equal(written, (await store.ReadAsync()).Count);
        Assert.IsType<Applied>(await store.WriteAsync(Command(new Delete(new ResourceKey(Record.KindName, "", "r0")))));
        Assert.Equal(written - 1, (await store.ReadAsync()).Count);

        disk.Resize(megabytes: 512);
        await Eventually.HoldsAsync(
            async () =>
            {
                try
                {
                    return await store.WriteAsync(Creating("after")) is Applied or AlreadyExists;
                }
                catch (DiskFullException)
                {
                    return false;
                }
            },
            "it takes writes again");
    }

    Command Creating(string name) => Command(new Create(new Record { Metadata = new ObjectMeta { Name = name, Uid = name }, Data = new string('x', 64 * 1024) }));

    Command Command(Operation operation) => new($"request-{++_ids}", DateTimeOffset.UnixEpoch, "test") { Operations = [operation] };
}
