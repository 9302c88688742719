using Orchestrator.Runtime.Cgroups;

namespace Orchestrator.Runtime.Tests;

public sealed class CgroupLayoutTests
{
    const long Legacy = 0x27E0EB, Unified = 0x63677270, Tmpfs = 0x01021994;

    [Fact]
    public void Hierarchies_of_v1_are_found_where_everybody_mounts_them()
    {
        var layout = CgroupLayout.AtTheUsualPlaces("9:name=systemd:/\n8:pids:/\n4:cpu,cpuacct:/a:b\n0::/\n", path => path.Length > "/sys/fs/cgroup".Length ? Legacy : Tmpfs)!;
        Assert.False(layout.Unified);
        Assert.Equal(["/sys/fs/cgroup/cpu,cpuacct", "/sys/fs/cgroup/pids"], layout.Hierarchies.Select(hierarchy => hierarchy.MountPoint));
        Assert.Equal(["cpu", "cpuacct"], layout.Hierarchies[0].Controllers);
    }

    [Fact]
    public void V2_is_found_where_everybody_mounts_it() =>
        Assert.Equal("/sys/fs/cgroup", CgroupLayout.AtTheUsualPlaces("0::/user.slice\n", _ => Unified)!.Hierarchies.Single().MountPoint);

    [Theory]
    [InlineData("8:pids:/\n", 0)] // not mounted there
    [InlineData("8:pids:/\n", Tmpfs)] // a directory there, no cgroups in it
    [InlineData("0::/\n", Tmpfs)]
    [InlineData("", 0)]
    public void Anything_unusual_is_left_to_mountinfo(string cgroup, long type) => Assert.Null(CgroupLayout.AtTheUsualPlaces(cgroup, _ => type));

    [Fact]
    public void Both_ways_agree_on_this_host()
    {
        var usual = CgroupLayout.Read(); // from the usual places, where the host has it there
        var parsed = CgroupLayout.Parse(File.ReadAllText("/proc/self/mountinfo"));
        Assert.Equal(parsed.Unified, usual.Unified);
        Assert.Equal(parsed.Hierarchies.Select(hierarchy => $"{hierarchy.MountPoint} {hierarchy.Name}"), usual.Hierarchies.Select(hierarchy => $"{hierarchy.MountPoint} {hierarchy.Name}"));
    }
}
