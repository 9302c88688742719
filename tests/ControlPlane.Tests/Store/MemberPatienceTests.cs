using Orchestrator.ControlPlane.Store.Raft;

namespace Orchestrator.ControlPlane.Tests.Store;

public sealed class MemberPatienceTests
{
    readonly MemberPatience _patience = new(new MessageTimeouts(Vote: Ms(80), SlowVote: Ms(150), Entries: Ms(400), Snapshot: Ms(30_000)));

    [Fact]
    public void A_member_that_hangs_costs_one_election_no_more_than_three_votes()
    {
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(Ms(80), _patience.Limit);
            _patience.Silent();
        }
    }

    [Fact]
    public void One_that_stays_silent_is_given_more_time_up_to_that_of_entries()
    {
        for (var i = 0; i < 6; i++) _patience.Silent();
        Assert.Equal(Ms(320), _patience.Limit);
        for (var i = 0; i < 30; i++) _patience.Silent();
        Assert.Equal(Ms(400), _patience.Limit);
    }

    [Fact]
    public void One_whose_answers_take_long_is_given_several_times_that_and_less_again_when_they_come_soon()
    {
        _patience.Answered(Ms(60));
        Assert.Equal(Ms(240), _patience.Limit);
        _patience.Answered(Ms(1));
        Assert.Equal(Ms(120), _patience.Limit);
        _patience.Answered(Ms(1));
        Assert.Equal(Ms(80), _patience.Limit);
    }

    static TimeSpan Ms(int milliseconds) => TimeSpan.FromMilliseconds(milliseconds);
}
