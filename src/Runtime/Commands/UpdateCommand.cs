using System.Globalization;
using Orchestrator.Runtime.Spec;
using Orchestrator.Runtime.State;
using Orchestrator.Runtime.Syscalls;

namespace Orchestrator.Runtime.Commands;

/// <summary>
/// `update ID --resources FILE` (or - for stdin), or with flags: new limits for a container, as linux.resources has them. What is not
/// said stays; the rules for devices stay too.
/// </summary>
static class UpdateCommand
{
    const int StandardInput = 0;

    static readonly string[] Flags =
    [
        "resources,r=", "cpu-shares=", "cpu-share=", "cpu-quota=", "cpu-period=", "cpu-burst=", "cpu-idle=", "cpuset-cpus=", "cpuset-mems=",
        "memory=", "memory-reservation=", "memory-swap=", "pids-limit=",
    ];

    public static int Run(IReadOnlyList<string> arguments, Surroundings around)
    {
        var options = Options.Parse(arguments, Flags, interleaved: true);
        var state = around.States.Load(options.Single("one container id"));
        if (around.States.Status(state) == ContainerStatus.Stopped) throw new ContainerException($"container not running: {state.Id}");
        state.Cgroups.Update(options.Value("resources") is { } file ? FromFile(file, around) : FromFlags(options));
        return 0;
    }

    static ResourceSpec FromFile(string file, Surroundings around)
    {
        var warnings = new List<string>();
        var resources = ConfigReader.ReadResources(file == "-" ? Kernel.ReadAll(StandardInput, "stdin") : Kernel.ReadFile(file), warnings);
        warnings.ForEach(around.Log.Warn);
        return resources;
    }

    static ResourceSpec FromFlags(Options options) => new()
    {
        Memory = new MemorySpec
        {
            Limit = Number(options, "memory"), Reservation = Number(options, "memory-reservation"), Swap = Number(options, "memory-swap"),
        },
        Cpu = new CpuSpec
        {
            Shares = (ulong?)(Number(options, "cpu-shares") ?? Number(options, "cpu-share")), Quota = Number(options, "cpu-quota"),
            Period = (ulong?)Number(options, "cpu-period"), Burst = (ulong?)Number(options, "cpu-burst"), Idle = Number(options, "cpu-idle"),
            Cpus = CpuList(options, "cpuset-cpus"), Mems = CpuList(options, "cpuset-mems"),
        },
        PidsLimit = Number(options, "pids-limit"),
    };

    static long? Number(Options options, string flag) => options.Value(flag) is not { } text ? null
        : long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number >= -1 ? number
        : throw new UsageException($"--{flag}: '{text}' is not a number, or -1 for no limit");

    static string CpuList(Options options, string flag) => options.Value(flag) is not { } list ? ""
        : list.All(c => char.IsAsciiDigit(c) || c is ',' or '-') ? list : throw new UsageException($"--{flag}: '{list}' is not a list such as 0-2,7");
}
