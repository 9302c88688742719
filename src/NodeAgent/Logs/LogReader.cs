using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace Orchestrator.NodeAgent.Logs;

/// <summary>What of a log is wanted.</summary>
/// <param name="TailLines">Only so many of the last lines; null for all.</param>
/// <param name="Since">Nothing older; null for everything.</param>
/// <param name="Timestamps">Each line begins with its time.</param>
/// <param name="Follow">Goes on with what is written later, until the container has ended.</param>
public sealed record LogQuery(long? TailLines, DateTimeOffset? Since, bool Timestamps, bool Follow);

/// <summary>
/// Reads the log of one container instance over its rotated files, oldest first, and follows it across rotations.
/// </summary>
sealed class LogReader(string path, TimeProvider time)
{
    // The shim keeps fewer; this only bounds the search.
    const int MaxRotated = 100;
    // A tail is kept in memory while it is found.
    const long MaxTail = 100_000;
    static readonly TimeSpan FollowEvery = TimeSpan.FromMilliseconds(100);

    /// <summary>The text as it is to be shown, in pieces.</summary>
    /// <param name="query">What is wanted.</param>
    /// <param name="hasEnded">Says whether the container has ended: a followed log then ends with its last line.</param>
    /// <param name="cancel">Ends the reading.</param>
    /// <exception cref="FileNotFoundException">There is no such log.</exception>
    public async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadAsync(LogQuery query, Func<bool> hasEnded, [EnumeratorCancellation] CancellationToken cancel)
    {
        var (newest, past) = Open();
        var current = newest;
        try
        {
            LogText text = new(query);
            foreach (var line in Tail(past, query))
            {
                cancel.ThrowIfCancellationRequested();
                yield return text.Show(line);
            }

            while (query.Follow)
            {
                var ended = hasEnded();
                var any = false;
                while (current.Next() is { } line)
                {
                    any = true;
                    if (query.Since is null || line.Time >= query.Since)
                        yield return text.Show(line);
                }

                if (!any && current.IsRotated(path))
                {
                    // Written between our last read and the rotation, then the new file from its beginning.
                    while (current.Next() is { } line)
                        yield return text.Show(line);
                    if (LogFile.TryOpen(path) is { } next)
                    {
                        current.Dispose();
                        current = next;
                        continue;
                    }
                }

                if (!any && ended)
                    yield break;
                if (!any)
                    await Task.Delay(FollowEvery, time, cancel);
            }
        }
        finally
        {
            current.Dispose();
        }
    }

    (LogFile Newest, IEnumerable<CriLine> Past) Open()
    {
        // The newest first: what is rotated away meanwhile is then still reached through its descriptor.
        var newest = LogFile.TryOpen(path) ?? throw new FileNotFoundException("the container has no log yet");
        List<LogFile> older = [];
        for (var i = 1; i <= MaxRotated && LogFile.TryOpen($"{path}.{i.ToString(CultureInfo.InvariantCulture)}") is { } file; i++)
            older.Insert(0, file);
        return (newest, Lines(older, newest));
    }

    static IEnumerable<CriLine> Lines(List<LogFile> older, LogFile newest)
    {
        foreach (var file in older)
        {
            using (file)
            {
                while (file.Next() is { } line)
                    yield return line;
            }
        }

        while (newest.Next() is { } line)
            yield return line;
    }

    static IEnumerable<CriLine> Tail(IEnumerable<CriLine> lines, LogQuery query)
    {
        var wanted = query.Since is { } since ? lines.Where(line => line.Time >= since) : lines;
        if (query.TailLines is not { } count)
            return wanted;
        var limit = Math.Clamp(count, 0, MaxTail);
        Queue<CriLine> kept = new();
        long whole = 0;
        foreach (var line in wanted)
        {
            kept.Enqueue(line);
            whole += line.EndsLine ? 1 : 0;
            while (whole > limit || (limit == 0 && kept.Count > 0))
                whole -= kept.Dequeue().EndsLine ? 1 : 0;
        }

        return kept;
    }
}

/// <summary>
/// Turns records into text: a line in several records is put together again, its time stands before its first.
/// </summary>
sealed class LogText(LogQuery query)
{
    bool _within;

    public ReadOnlyMemory<byte> Show(CriLine line)
    {
        var stamp = query.Timestamps && !_within ? line.Time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'Z '", CultureInfo.InvariantCulture) : "";
        _within = !line.EndsLine;
        var text = new byte[stamp.Length + line.Text.Length + (line.EndsLine ? 1 : 0)];
        Encoding.ASCII.GetBytes(stamp, text);
        line.Text.CopyTo(text.AsMemory(stamp.Length));
        if (line.EndsLine)
            text[^1] = (byte)'\n';
        return text;
    }
}
