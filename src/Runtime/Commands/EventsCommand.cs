using System.Globalization;
using System.Text;
using Orchestrator.Runtime.Cgroups;
using Orchestrator.Runtime.State;
using Orchestrator.Runtime.Syscalls;

namespace Orchestrator.Runtime.Commands;

/// <summary>
/// `events ID`: a line of JSON for what the container uses, at each interval, and for each time that it ran out of memory, until it ends; with
/// --stats what it uses, once.
/// </summary>
static class EventsCommand
{
    const int DefaultMilliseconds = 5000;
    const int LookMilliseconds = 100; // cgroup v1 has one listener for memory at most, and it may be the engine's: looked at, not listened to

    public static int Run(IReadOnlyList<string> arguments, Surroundings around)
    {
        var options = Options.Parse(arguments, ["stats", "interval="], interleaved: true);
        var state = around.States.Load(options.Single("one container id"));
        if (around.States.Status(state) == ContainerStatus.Stopped) throw new ContainerException($"container not running: {state.Id}");
        if (!options.Has("stats")) return Follow(state, options.Value("interval") is { } text ? Milliseconds(text) : DefaultMilliseconds);
        Print(state);
        return 0;
    }

    static int Follow(ContainerState state, long interval)
    {
        using var process = Kernel.PidFd(state.Pid);
        if (!ProcessClock.IsAlive(state)) return 0;
        var kills = state.Cgroups.OomKills();
        PollFd[] ended = [new PollFd(process.Number, PollFd.In)];
        for (long since = 0; Kernel.Poll(ended, (int)Math.Min(LookMilliseconds, interval)) == 0;)
        {
            if (state.Cgroups.OomKills() is var now && now > kills)
            {
                kills = now;
                Log.Print(Encoding.UTF8.GetString(new JsonText().Open('{').Field("type", "oom").Field("id", state.Id).Close('}').ToUtf8()) + "\n");
            }

            since += LookMilliseconds;
            if (since < interval) continue;
            since = 0;
            Print(state);
        }

        return 0;
    }

    static void Print(ContainerState state) => Log.Print(Encoding.UTF8.GetString(CgroupStatistics.Write(state.Id, state.Cgroups)) + "\n");

    // As Go writes durations: "5s", "300ms", "1m"; one unit.
    static long Milliseconds(string text)
    {
        var number = text.TrimEnd('m', 's', 'h');
        var unit = text[number.Length..] switch { "ms" => 1, "s" => 1000, "m" => 60_000, "h" => 3_600_000, _ => 0 };
        return unit > 0 && long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value * unit is > 0 and <= int.MaxValue and var milliseconds
            ? milliseconds : throw new UsageException($"--interval: '{text}' is not a duration such as 5s or 500ms");
    }
}
