using Orchestrator.Model.History;

namespace Orchestrator.Model.Tests;

public sealed class PointInTimeTests
{
    static readonly DateTimeOffset Now = new(2026, 3, 1, 14, 5, 30, TimeSpan.FromHours(1));

    [Theory]
    [InlineData("90s", "2026-03-01T13:04:00Z")]
    [InlineData("10m", "2026-03-01T12:55:30Z")]
    [InlineData("1h30m", "2026-03-01T11:35:30Z")]
    [InlineData("2d", "2026-02-27T13:05:30Z")]
    [InlineData("14:05", "2026-03-01T13:05:00Z")]
    [InlineData("9:07", "2026-03-01T08:07:00Z")]
    [InlineData("14:05:31", "2026-02-28T13:05:31Z")]
    [InlineData("2026-02-01", "2026-01-31T23:00:00Z")]
    [InlineData("2026-02-01T10:00", "2026-02-01T09:00:00Z")]
    [InlineData("2026-02-01T10:00:00Z", "2026-02-01T10:00:00Z")]
    public void A_time_is_read_as_people_write_it(string text, string time) =>
        Assert.Equal(new PointInTime(null, DateTimeOffset.Parse(time, System.Globalization.CultureInfo.InvariantCulture)), PointInTime.TryParse(text, Now));

    [Fact]
    public void A_number_is_a_revision() => Assert.Equal(new PointInTime(1234, null), PointInTime.TryParse("1234", Now));

    [Theory]
    [InlineData("")]
    [InlineData("yesterday")]
    [InlineData("-5")]
    [InlineData("m")]
    [InlineData("5x")]
    [InlineData("25:00")]
    [InlineData("999999999d")]
    [InlineData("99999999999999999999")]
    public void What_is_no_moment_is_not_guessed(string text) => Assert.Null(PointInTime.TryParse(text, Now));
}
