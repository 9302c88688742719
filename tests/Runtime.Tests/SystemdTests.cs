using Orchestrator.Runtime.Spec;
using Orchestrator.Runtime.Systemd;

namespace Orchestrator.Runtime.Tests;

/// <summary>What is said to systemd, without one. With one: UnifiedCgroupTests.</summary>
public sealed class SystemdTests
{
    [Theory]
    [InlineData("system.slice:docker:abc", "system.slice/docker-abc.scope")]
    [InlineData(":cri:abc", "system.slice/cri-abc.scope")]
    [InlineData("machine.slice::abc", "machine.slice/abc.scope")]
    [InlineData("-.slice:p:abc", "p-abc.scope")]
    [InlineData("a-b-c.slice:p:abc", "a.slice/a-b.slice/a-b-c.slice/p-abc.scope")]
    [InlineData("", "system.slice/orun-id.scope")]
    public void A_place_is_named_as_engines_name_it(string asked, string path) => Assert.Equal(path, UnitPlace.Of(asked, "id").Path);

    [Theory]
    [InlineData("/system/abc", "slice:prefix:name")]
    [InlineData("a:b", "slice:prefix:name")]
    [InlineData("a.slice:b:", "slice:prefix:name")]
    [InlineData("a:b:c", "not the name of a slice")]
    [InlineData("a--b.slice:b:c", "not the name of a slice")]
    [InlineData(".slice:b:c", "not the name of a slice")]
    [InlineData("a.slice:b:c.slice", "a container is a scope")]
    [InlineData("a.slice:b:../c", "no part of a unit's name")]
    [InlineData("a.slice/..:b:c", "no part of a unit's name")]
    public void Another_form_is_refused(string asked, string why) => Assert.Contains(why, Assert.Throws<ConfigException>(() => UnitPlace.Of(asked, "id")).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("0", new byte[] { 1 })]
    [InlineData("0-2,7", new byte[] { 0x87 })]
    [InlineData("8, 1", new byte[] { 2, 1 })]
    public void Processors_are_bits(string list, byte[] bits) => Assert.Equal(bits, UnitProperties.Bits(list, "cpus"));

    [Theory]
    [InlineData("a")]
    [InlineData("2-1")]
    [InlineData("1-2-3")]
    [InlineData("999999")]
    public void What_is_no_list_is_refused(string list) => Assert.Throws<ConfigException>(() => UnitProperties.Bits(list, "cpus"));

    [Fact]
    public void A_call_is_read_as_it_was_written()
    {
        var call = BusMessage.Call(7, "org.example", "/org/example", "org.example.I", "Do", "sau", new BusWriter().String("text").Array(4, each => each.UInt32(1).UInt32(2)).Written);
        Assert.Equal(call.Length, BusMessage.LengthOf(call));
        var read = BusMessage.Parse(call);
        Assert.Equal((BusMessageKind.Call, "Do"), (read.Kind, read.Member));
        var body = new BusReader(read.Body);
        Assert.Equal("text", body.String());
        Assert.Equal(8u, body.UInt32()); // the array's bytes
        Assert.Equal((1u, 2u), (body.UInt32(), body.UInt32()));
    }

    [Fact]
    public void What_is_cut_off_or_too_long_is_refused_and_not_read_past_its_end()
    {
        var call = BusMessage.Call(7, "org.example", "/org/example", "org.example.I", "Do", "s", new BusWriter().String("text").Written);
        for (var length = BusMessage.FixedBytes; length < call.Length; length++)
        {
            var cut = call[..length];
            Assert.ThrowsAny<Exception>(() =>
            {
                var body = new BusReader(BusMessage.Parse(cut).Body);
                body.String();
            });
        }

        call[7] = 0x7F;
        Assert.Throws<BusException>(() => BusMessage.LengthOf(call));
    }
}
