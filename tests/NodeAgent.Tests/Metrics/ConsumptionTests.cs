using Orchestrator.NodeAgent.Metrics;

namespace Orchestrator.NodeAgent.Tests.Metrics;

/// <summary>What is read of cgroups, whichever version, and of the machine.</summary>
public sealed class ConsumptionTests : IDisposable
{
    readonly string _mount = Directory.CreateTempSubdirectory("cgroups-").FullName;

    public void Dispose() => Directory.Delete(_mount, recursive: true);

    [Fact]
    public void Version_1_tells_of_cpu_and_memory_in_hierarchies_of_their_own()
    {
        Write("cpuacct/orch/pod/web/cpuacct.usage", "1234567890\n");
        Write("memory/orch/pod/web/memory.usage_in_bytes", "7000000\n");
        Write("memory/orch/pod/web/memory.stat", "cache 5\ninactive_file 1\ntotal_inactive_file 3000000\n");
        Assert.Equal(new Consumption(1_234_567_890, 4_000_000), CgroupConsumption.Of(_mount, "/orch/pod/web"));
    }

    [Fact]
    public void Version_2_tells_of_both_in_one()
    {
        Write("cgroup.controllers", "cpu memory\n");
        Write("orch/pod/web/cpu.stat", "usage_usec 1500\nuser_usec 1000\nsystem_usec 500\n");
        Write("orch/pod/web/memory.current", "7000000\n");
        Write("orch/pod/web/memory.stat", "anon 5\nfile 6\ninactive_file_other 9\ninactive_file 7000001\n");
        Assert.Equal(new Consumption(1_500_000, 0), CgroupConsumption.Of(_mount, "/orch/pod/web"));
    }

    [Fact]
    public void A_container_that_is_gone_has_none() => Assert.Null(CgroupConsumption.Of(_mount, "/orch/pod/web"));

    [Fact]
    public void A_rate_is_over_the_time_that_passed_and_never_negative_when_the_count_began_anew()
    {
        var two = TimeSpan.FromSeconds(2);
        Assert.Equal(500, new Consumption(3_000_000_000, 0).MillicoresSince(new Consumption(2_000_000_000, 0), two));
        Assert.Equal(1, new Consumption(2_000_000_001, 0).MillicoresSince(new Consumption(2_000_000_000, 0), two));
        Assert.Equal(0, new Consumption(5, 0).MillicoresSince(new Consumption(2_000_000_000, 0), two));
    }

    [Fact]
    public void A_machine_consumes_what_its_processors_were_not_idle_and_the_memory_that_is_not_available()
    {
        var machine = MachineConsumption.Of("cpu  100 1 50 1000 200 3 4 5 60 0", ["MemTotal:       2048 kB", "MemFree:         100 kB", "MemAvailable:    1024 kB"]);
        Assert.Equal(new Consumption(163 * 10_000_000L, 1024 * 1024), machine);
        Assert.True(MachineConsumption.Read() is { CpuNanoseconds: > 0, MemoryBytes: > 0 });
    }

    void Write(string file, string text)
    {
        var path = Path.Combine(_mount, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!); // below the mount
        File.WriteAllText(path, text);
    }
}
