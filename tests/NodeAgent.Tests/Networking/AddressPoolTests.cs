using System.Net;
using Orchestrator.NodeAgent.Networking;
using Orchestrator.NodeAgent.Tests.Machine;

namespace Orchestrator.NodeAgent.Tests.Networking;

public sealed class AddressPoolTests : IDisposable
{
    readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void No_two_pods_hold_one_address_and_none_is_lost()
    {
        var range = AddressRange.Parse("10.1.0.0/28");
        AddressPool pool = new(_directory["pool"]);
        Dictionary<string, IPAddress> held = [];
        Random random = new(7);
        for (var i = 0; i < 300; i++)
        {
            var pod = $"pod{random.Next(20)}";
            if (random.Next(2) == 0)
            {
                pool.Release(pod);
                held.Remove(pod);
            }
            else if (held.Count < 13 || held.ContainsKey(pod))
            {
                held[pod] = pool.Take(range, pod);
            }
            else
            {
                Assert.Throws<InvalidOperationException>(() => pool.Take(range, pod));
            }

            // An agent that dies and returns knows the same.
            if (random.Next(10) == 0)
                pool = new AddressPool(_directory["pool"]);
            Assert.Equal(held.Count, held.Values.Distinct().Count());
            Assert.All(held, pair => Assert.Equal(pair.Value, pool.Find(pair.Key)));
        }
    }

    [Fact]
    public void The_networks_own_addresses_and_the_bridges_are_never_given()
    {
        var range = AddressRange.Parse("10.1.0.0/29");
        AddressPool pool = new(_directory["pool"]);

        string[] given = [.. Enumerable.Range(0, 5).Select(i => pool.Take(range, $"p{i}").ToString()).Order()];

        Assert.Equal(["10.1.0.2", "10.1.0.3", "10.1.0.4", "10.1.0.5", "10.1.0.6"], given);
    }

    [Fact]
    public void A_freed_address_is_not_given_again_at_once()
    {
        var range = AddressRange.Parse("10.1.0.0/24");
        AddressPool pool = new(_directory["pool"]);
        var first = pool.Take(range, "a");
        pool.Release("a");

        Assert.NotEqual(first, pool.Take(range, "b"));
    }

    [Fact]
    public void An_address_that_rests_is_given_to_nobody_before_it_is_released_even_by_another_agent()
    {
        var range = AddressRange.Parse("10.1.0.0/30");
        AddressPool pool = new(_directory["pool"]);
        var only = pool.Take(range, "a");
        pool.Rest("a");

        pool = new AddressPool(_directory["pool"]);
        Assert.Equal(["a"], pool.Resting());
        Assert.Throws<InvalidOperationException>(() => pool.Take(range, "b"));
        pool.Release("a");
        Assert.Equal(only, pool.Take(range, "b"));
    }

    [Theory]
    [InlineData("10.1.2.3/24", "10.1.2.0/24")]
    [InlineData("10.1.2.3/32", "10.1.2.3/32")]
    [InlineData("10.1.2.3/0", "0.0.0.0/0")]
    public void A_range_forgets_host_bits(string text, string range) => Assert.Equal(range, AddressRange.Parse(text).ToString());

    [Theory]
    [InlineData("10.1.2.3")]
    [InlineData("10.1.2.3/33")]
    [InlineData("10.1.2.3/-1")]
    [InlineData("fd00::/8")]
    [InlineData("")]
    public void What_is_no_range_is_refused(string text) => Assert.False(AddressRange.TryParse(text, out _));
}
