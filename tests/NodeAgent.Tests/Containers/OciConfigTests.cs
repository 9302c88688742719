using Orchestrator.Model.Pods;
using Orchestrator.Model.Values;
using Orchestrator.NodeAgent.Containers;

namespace Orchestrator.NodeAgent.Tests.Containers;

public sealed class OciConfigTests
{
    [Fact]
    public void The_default_capabilities_are_podmans_eleven() => Assert.Equal(
        "CHOWN DAC_OVERRIDE FOWNER FSETID KILL NET_BIND_SERVICE SETFCAP SETGID SETPCAP SETUID SYS_CHROOT", string.Join(' ', CapabilitySet.Of(null)));

    [Fact]
    public void Drops_come_before_adds() => Assert.Equal(["NET_BIND_SERVICE"],
        CapabilitySet.Of(new SecurityContext { Capabilities = new Capabilities { Drop = ["ALL"], Add = ["CAP_NET_BIND_SERVICE"] } }));

    [Fact]
    public void A_capability_that_is_none_is_refused() => Assert.Throws<ArgumentException>(() =>
        CapabilitySet.Of(new SecurityContext { Capabilities = new Capabilities { Add = ["NET_BIND"] } }));

    [Theory]
    [InlineData(0L, false)]
    [InlineData(1000L, true)]
    public void Nothing_is_ever_inheritable_or_ambient(long uid, bool empty)
    {
        var json = CapabilitySet.Json(new SecurityContext { Privileged = true }, (uint)uid);

        Assert.Empty(json["inheritable"]!.AsArray());
        Assert.Empty(json["ambient"]!.AsArray());
        Assert.Equal(empty, json["effective"]!.AsArray().Count == 0);
    }

    [Theory]
    [InlineData(null, null, 2, null, null)]
    [InlineData("500m", null, 512, null, null)]
    [InlineData("2", "500m", 2048, 50000L, null)]
    [InlineData(null, "1m", 2, 1000L, 64L << 20)]
    public void Limits_become_what_kubernetes_makes_of_them(string? request, string? limit, long shares, long? quota, long? memory)
    {
        Dictionary<string, Quantity> requests = request is null ? [] : new() { ["cpu"] = Quantity.Parse(request) };
        Dictionary<string, Quantity> limits = limit is null ? [] : new() { ["cpu"] = Quantity.Parse(limit) };
        if (memory is not null)
            limits["memory"] = Quantity.FromBytes(memory.Value);

        var json = ResourceLimits.Json(new ResourceRequirements { Requests = requests, Limits = limits }, privileged: false);

        Assert.Equal(shares, json["cpu"]!["shares"]!.GetValue<long>());
        Assert.Equal(quota, json["cpu"]!["quota"]?.GetValue<long>());
        Assert.Equal(memory, json["memory"]?["limit"]?.GetValue<long>());
        Assert.Equal(4096, json["pids"]!["limit"]!.GetValue<long>());
    }

    [Theory]
    [InlineData("$(A) and $(B)", "1 and $(B)")]
    [InlineData("$$(A)", "$(A)")]
    [InlineData("$(A", "$(A")]
    [InlineData("100$", "100$")]
    public void Variables_are_expanded_where_they_are_known(string text, string expanded) =>
        Assert.Equal(expanded, ContainerProcess.Expand(text, new Dictionary<string, string> { ["A"] = "1" }));

    [Theory]
    [InlineData("SIGQUIT", 3)]
    [InlineData("quit", 3)]
    [InlineData("37", 37)]
    [InlineData("65", null)]
    [InlineData("NONE", null)]
    [InlineData(null, null)]
    public void Signals_are_read_by_name_and_number(string? text, int? number) => Assert.Equal(number, Signals.Parse(text));
}
