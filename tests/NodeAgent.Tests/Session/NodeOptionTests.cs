using System.Net;
using Orchestrator.Model.Pods;
using Orchestrator.Model.Values;
using Orchestrator.NodeAgent.Session;

namespace Orchestrator.NodeAgent.Tests.Session;

/// <summary>What is said of a node when its agent is started.</summary>
public sealed class NodeOptionTests
{
    [Theory]
    [InlineData("", "4", "8Gi", "100Gi")]
    [InlineData("cpu=200m,memory=512Mi, ephemeral-storage=10Gi", "3800m", "7680Mi", "90Gi")]
    [InlineData("cpu=9,memory=9Gi", "0", "0", "100Gi")]
    public void What_is_reserved_for_the_system_is_not_for_pods(string reserved, string cpu, string memory, string disk) =>
        Assert.Equal((cpu, memory, disk), Allocatable(reserved, eviction: ""));

    [Fact]
    public void What_has_to_stay_free_is_not_for_pods_either() =>
        Assert.Equal(("4", "7Gi", "90Gi"), Allocatable("memory=512Mi", eviction: "memory.available<512Mi,nodefs.available<10%,pid.available<2%"));

    [Theory]
    [InlineData("disk=1Gi", "\"disk=1Gi\" is no reserve; write one of cpu, memory, ephemeral-storage")]
    [InlineData("memory", "\"memory\" is no reserve")]
    [InlineData("memory=512Mb", "\"512Mb\" in \"memory=512Mb\" is no amount")]
    [InlineData("cpu=-1", "\"-1\" in \"cpu=-1\" is no amount")]
    public void A_reserve_that_can_t_be_read_is_named(string reserved, string said) => Assert.StartsWith(said, SystemReserve.ProblemOf(reserved));

    [Theory]
    [InlineData("dedicated=db:NoSchedule", "dedicated", "db", TaintEffect.NoSchedule)]
    [InlineData("example.com/gpu:NoExecute", "example.com/gpu", null, TaintEffect.NoExecute)]
    [InlineData("slow=:PreferNoSchedule", "slow", "", TaintEffect.PreferNoSchedule)]
    public void A_taint_is_written_as_kubectl_writes_it(string text, string key, string? value, TaintEffect effect)
    {
        var taint = JoinTaints.Parse(text);
        Assert.Equal((key, value, effect), (taint.Key, taint.Value, taint.Effect));
    }

    [Theory]
    [InlineData("dedicated=db")]
    [InlineData("dedicated=db:Sometimes")]
    [InlineData("dedicated=db:3")]
    [InlineData("=db:NoSchedule")]
    [InlineData("a b:NoSchedule")]
    public void A_taint_that_is_none_is_named(string text) => Assert.StartsWith($"\"{text}\" is no taint; write key=value:effect", JoinTaints.ProblemOf(text));

    static (string, string, string) Allocatable(string reserved, string eviction)
    {
        var options = new NodeAgentOptions { NodeName = "n1", Address = IPAddress.Loopback, DataDirectory = "/d", RunDirectory = "/r", Servers = [], SystemReserved = reserved, EvictionHard = eviction };
        var left = SystemReserve.Allocatable(new Dictionary<string, Quantity>
        {
            [ResourceNames.Cpu] = Quantity.FromMillicores(4000),
            [ResourceNames.Memory] = Quantity.FromBytes(8L << 30),
            [ResourceNames.EphemeralStorage] = Quantity.FromBytes(100L << 30),
        }, options);
        return (left[ResourceNames.Cpu].ToString(), left[ResourceNames.Memory].ToString(), left[ResourceNames.EphemeralStorage].ToString());
    }
}
