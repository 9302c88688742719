using System.Text;
using Orchestrator.NodeAgent.Logs;
using Orchestrator.NodeAgent.Tests.Machine;

namespace Orchestrator.NodeAgent.Tests.Logs;

public sealed class LogReaderTests : IDisposable
{
    static readonly DateTimeOffset Start = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);
    readonly TemporaryDirectory _directory = new();

    string Log => _directory["0.log"];

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(null, "1\n2\n3\n4\n")]
    [InlineData(2L, "3\n4\n")]
    [InlineData(0L, "")]
    [InlineData(9L, "1\n2\n3\n4\n")]
    public async Task The_tail_reaches_back_over_rotated_files(long? tail, string expected)
    {
        Write("0.log.2", Line(1, "1"));
        Write("0.log.1", Line(2, "2") + Line(3, "3"));
        Write("0.log", Line(4, "4"));

        Assert.Equal(expected, await ReadAsync(new LogQuery(tail, null, false, false)));
    }

    [Fact]
    public async Task Lines_in_pieces_are_put_together()
    {
        Write("0.log", $"{Time(1)} stdout P half \n{Time(1)} stdout F whole\n{Time(2)} stderr F next\n");

        Assert.Equal("half whole\nnext\n", await ReadAsync(new LogQuery(null, null, false, false)));
        Assert.Equal("2030-01-01T00:00:01.0000000Z half whole\n2030-01-01T00:00:02.0000000Z next\n", await ReadAsync(new LogQuery(null, null, true, false)));
        Assert.Equal("next\n", await ReadAsync(new LogQuery(1, null, false, false)));
    }

    [Fact]
    public async Task Nothing_older_than_asked_for_is_shown()
    {
        Write("0.log", Line(1, "old") + Line(5, "new"));

        Assert.Equal("new\n", await ReadAsync(new LogQuery(null, Start.AddSeconds(3), false, false)));
    }

    [Fact]
    public async Task Records_that_are_none_are_left_out()
    {
        Write("0.log", "torn\n" + Line(1, "good") + new string('x', 200_000) + "\n" + Line(2, "also") + "2030-01-01T00:00:01Z stdout F unfinished");

        Assert.Equal("good\nalso\n", await ReadAsync(new LogQuery(null, null, false, false)));
    }

    [Fact]
    public async Task Following_misses_and_repeats_nothing_across_rotations()
    {
        Write("0.log", "");
        var ended = false;
        StringBuilder expected = new();
        var reading = ReadAsync(new LogQuery(null, null, false, true), () => Volatile.Read(ref ended));
        for (var i = 0; i < 200; i++)
        {
            await File.AppendAllTextAsync(Log, Line(i, $"{i}"));
            expected.Append(i).Append('\n');
            if (i % 50 == 49)
            {
                // A rotation as the shim does it; the reader may be anywhere, but is given the time it always has.
                await Task.Delay(250);
                File.Move(Log, Log + ".1", overwrite: true);
                await File.WriteAllTextAsync(Log, "");
            }
        }

        Volatile.Write(ref ended, true);

        Assert.Equal(expected.ToString(), await reading);
    }

    [Fact]
    public async Task A_link_a_pipe_or_a_directory_in_the_logs_place_is_not_read()
    {
        File.CreateSymbolicLink(Log, "/etc/passwd");
        await Assert.ThrowsAnyAsync<IOException>(() => ReadAsync(new LogQuery(null, null, false, false)));
        File.Delete(Log);
        await Given.RunAsync("mkfifo", Log);
        await Assert.ThrowsAsync<InvalidDataException>(() => ReadAsync(new LogQuery(null, null, false, false)));
        File.Delete(Log);
        await Assert.ThrowsAsync<FileNotFoundException>(() => ReadAsync(new LogQuery(null, null, false, false)));
    }

    void Write(string name, string text) => File.WriteAllText(_directory[name], text);

    static string Time(int second) => Start.AddSeconds(second).ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff00'Z'");

    static string Line(int second, string text) => $"{Time(second)} stdout F {text}\n";

    async Task<string> ReadAsync(LogQuery query, Func<bool>? ended = null)
    {
        using MemoryStream text = new();
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(60));
        await foreach (var piece in new LogReader(Log, TimeProvider.System).ReadAsync(query, ended ?? (() => true), limit.Token))
            text.Write(piece.Span);
        return Encoding.UTF8.GetString(text.ToArray());
    }
}
