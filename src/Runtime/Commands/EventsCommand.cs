using System.Diagnostics;
using System.Globalization;
using System.Text;
using Orchestrator.Runtime.Cgroups;
using Orchestrator.Runtime.State;
using Orchestrator.Runtime.Syscalls;

namespace Orchestrator.Runtime.Commands;

/// <summary>
/// `events [--stats] [--interval 5s] ID`: what the container uses, as a line of JSON: once with --stats, else until it ends, with a
/// line of its own when the kernel kills a process of its for want of memory.
/// </summary>
static class EventsCommand
{
    static readonly TimeSpan UsualInterval = TimeSpan.FromSeconds(5);
    static readonly TimeSpan OomInterval = TimeSpan.FromMilliseconds(100); // cgroup v1 and v2 agree on a counter, not on a notification

    public static int Run(IReadOnlyList<string> arguments, Surroundings around)
    {
        var options = Options.Parse(arguments, ["stats", "interval="], interleaved: true);
        var interval = options.Value("interval") is { } text ? Duration(text) : UsualInterval;
        var state = around.States.Load(options.Single("one container id"));
        if (around.States.Status(state) == ContainerStatus.Stopped) throw new ContainerException($"container not running: {state.Id}");
        if (options.Has("stats")) Print(state);
        else Follow(state, interval);
        return 0;
    }

    static void Follow(ContainerState state, TimeSpan interval)
    {
        using var init = Kernel.PidFd(state.Pid);
        PollFd[] ended = [new PollFd(init.Number, PollFd.In)];
        var kills = state.Cgroups.OomKills();
        var lastPrinted = 0L;
        for (; ProcessClock.IsAlive(state); Kernel.Poll(ended, (int)Math.Min(interval.TotalMilliseconds, OomInterval.TotalMilliseconds)))
        {
            if (state.Cgroups.OomKills() is var now && now > kills)
            {
                kills = now;
                Log.Print(Encoding.UTF8.GetString(new JsonText().Open('{').Field("type", "oom").Field("id", state.Id).Close('}').ToUtf8()) + "\n");
            }

            if (lastPrinted != 0 && Stopwatch.GetElapsedTime(lastPrinted) < interval) continue;
            lastPrinted = Stopwatch.GetTimestamp();
            Print(state);
        }
    }

    static void Print(ContainerState state) => Log.Print(Encoding.UTF8.GetString(CgroupStatistics.Write(state.Id, state.Cgroups)) + "\n");

    // As Go writes durations, with one unit.
    static TimeSpan Duration(string text)
    {
        (string Unit, double Milliseconds)[] units = [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000)];
        foreach (var (unit, milliseconds) in units)
        {
            if (text.EndsWith(unit, StringComparison.Ordinal)
                && double.TryParse(text.AsSpan(0, text.Length - unit.Length), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var count)
                && count * milliseconds is >= 1 and <= int.MaxValue)
                return TimeSpan.FromMilliseconds(count * milliseconds);
        }

        throw new UsageException($"--interval: '{text}' is not a duration such as 500ms or 5s");
    }
}
