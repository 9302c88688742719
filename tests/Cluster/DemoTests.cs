using Orchestrator.Testing;
using Orchestrator.Testing.Clusters;

namespace Orchestrator.Cluster;

/// <summary>The demo that the readme promises.</summary>
public sealed class DemoTests
{
    [Fact]
    public async Task The_demo_goes_well_and_leaves_nothing()
    {
        var name = $"oc-{Guid.NewGuid().ToString("N")[..6]}";

        var demo = await Shell.TryAsync("env", $"ORCH_DEMO={name}", RepoRoot.Below("demo.sh"), "--check");

        Assert.True(demo.ExitCode == 0, $"{demo.Output}\n{demo.Error}");
        Assert.Contains("All went well", demo.Output, StringComparison.Ordinal);
        await Eventually.HoldsAsync(() => Leftovers.ProcessesNaming(name).Count == 0, "the end of the demo's processes");
        Assert.Empty(Directory.EnumerateFiles("/run/netns", $"{name}*"));
        Assert.DoesNotContain(name, await File.ReadAllTextAsync("/proc/self/mountinfo"), StringComparison.Ordinal);
        Assert.DoesNotContain(new[] { "/var/lib", "/run" }, parent => Directory.Exists($"{parent}/{name}"));
        Assert.DoesNotContain(Directory.EnumerateDirectories("/sys/fs/cgroup"), hierarchy => Directory.Exists($"{hierarchy}/{name}"));
    }
}
