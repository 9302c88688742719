using CsCheck;
using Orchestrator.Model.Values;

namespace Orchestrator.Model.Tests;

public sealed class QuantityTests
{
    static readonly string[] Suffixes = ["", "m", "k", "Ki", "Mi", "M"];

    [Theory]
    [InlineData("500m", 500, 1, "500m")]
    [InlineData("1", 1000, 1, "1")]
    [InlineData("1.5", 1500, 2, "1500m")]
    [InlineData("64Mi", 67108864000, 67108864, "64Mi")]
    [InlineData("1024Mi", 1073741824000, 1073741824, "1Gi")]
    [InlineData("2G", 2000000000000, 2000000000, "2G")]
    [InlineData("1e3", 1000000, 1000, "1k")]
    [InlineData("0", 0, 0, "0")]
    [InlineData("100u", 1, 1, "100u")]
    public void Reads_and_prints_as_Kubernetes_does(string text, long millis, long units, string printed)
    {
        var quantity = Quantity.Parse(text);
        Assert.Equal((millis, units, printed), (quantity.Millis, quantity.Units, quantity.ToString()));
    }

    [Theory]
    [InlineData("10Gb")]
    [InlineData("1 Gi")]
    [InlineData("")]
    [InlineData("Mi")]
    [InlineData("1..2")]
    [InlineData("1e99")]
    [InlineData("99999999999999999999E")]
    public void Refuses_what_is_no_quantity(string text) => Assert.False(Quantity.TryParse(text, out _));

    [Fact]
    public void What_is_printed_reads_back_as_the_same_amount() =>
        Gen.Select(Gen.Long[-1_000_000_000_000, 1_000_000_000_000], Gen.Int[0, Suffixes.Length - 1])
            .Sample((number, suffix) =>
            {
                var quantity = Quantity.Parse(number + Suffixes[suffix]);
                return Quantity.Parse(quantity.ToString()).Value == quantity.Value;
            });
}
