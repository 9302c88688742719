namespace Orchestrator.Faults.Linearizability;

public sealed class CheckerTests
{
    /// <summary>For one history; the slowest takes a second or so on a quiet machine.</summary>
    static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    public static TheoryData<string, bool> Known()
    {
        var data = new TheoryData<string, bool>();
        foreach (var (file, linearizable) in KnownHistories.Verdicts()) data.Add(file, linearizable);
        return data;
    }

    [Theory]
    [MemberData(nameof(Known))]
    public void It_agrees_with_every_known_verdict_also_after_export(string file, bool linearizable)
    {
        var judgement = file.StartsWith("kv/", StringComparison.Ordinal)
            ? Checker.Check(new KeyValues(), Exported(KnownHistories.KeyValues(file)), Limit)
            : Checker.Check(new Register(), Exported(KnownHistories.Registers(file)), Limit);
        Assert.Equal(linearizable ? Verdict.Linearizable : Verdict.NotLinearizable, judgement.Verdict);
    }

    [Fact]
    public void All_108_known_histories_are_there() => Assert.Equal(108, KnownHistories.Verdicts().Count());

    [Fact]
    public void A_write_without_an_answer_may_have_happened_late_or_never()
    {
        Operation<RegisterInput, RegisterOutput>[] history =
        [
            new(0, 1, Operation<RegisterInput, RegisterOutput>.Never, new(RegisterVerb.Write, 1), null),
            new(1, 2, 3, new(RegisterVerb.Read), new(null)),
            new(1, 4, 5, new(RegisterVerb.Read), new(1)),
        ];
        Assert.Equal(Verdict.Linearizable, Checker.Check(new Register(), history, Limit).Verdict);
        Assert.Equal(Verdict.Linearizable, Checker.Check(new Register(), history[..2], Limit).Verdict);
    }

    [Fact]
    public void A_value_that_was_seen_does_not_go_away_again_and_what_could_not_be_is_named()
    {
        Operation<RegisterInput, RegisterOutput>[] history =
        [
            new(0, 1, 10, new(RegisterVerb.Write, 1), new()),
            new(1, 2, 3, new(RegisterVerb.Read), new(1)),
            new(2, 4, 5, new(RegisterVerb.Read), new(null)),
        ];
        var judgement = Checker.Check(new Register(), history, Limit);
        Assert.Equal(Verdict.NotLinearizable, judgement.Verdict);
        Assert.Contains("client 2", judgement.Stuck, StringComparison.Ordinal);
    }

    [Fact]
    public void Out_of_time_is_not_a_verdict()
    {
        var judgement = Checker.Check(new Register(), KnownHistories.Registers("jepsen/etcd_000.log"), TimeSpan.FromTicks(-1));
        Assert.Equal(Verdict.OutOfTime, judgement.Verdict);
    }

    [Fact]
    public void A_line_that_is_no_operation_is_named()
    {
        using var file = new StringReader("""{"client":0,"call":1,"return":2,"input":{"verb":"read"},"output":{"value":1}}""" + "\n" + """{"client":0}""");
        var error = Assert.Throws<InvalidDataException>(() => HistoryFile.Read<RegisterInput, RegisterOutput>(file));
        Assert.StartsWith("line 2: ", error.Message, StringComparison.Ordinal);
    }

    static List<Operation<TInput, TOutput>> Exported<TInput, TOutput>(IReadOnlyCollection<Operation<TInput, TOutput>> history)
    {
        using var written = new StringWriter();
        HistoryFile.Write(written, history);
        using var file = new StringReader(written.ToString());
        var read = HistoryFile.Read<TInput, TOutput>(file);
        Assert.Equal(history, read);
        return read;
    }
}
