using System.Globalization;
using Orchestrator.Runtime.Spec;
using Orchestrator.Runtime.State;
using Orchestrator.Runtime.Syscalls;
using Orchestrator.Runtime.Systemd;

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
        "cpu-rt-period=", "cpu-rt-runtime=", "memory=", "memory-reservation=", "memory-swap=", "pids-limit=", "blkio-weight=",
        "kernel-memory=", "kernel-memory-tcp=", "l3-cache-schema=", "mem-bw-schema=",
    ];

    public static int Run(IReadOnlyList<string> arguments, Surroundings around)
    {
        var options = Options.Parse(arguments, Flags, interleaved: true);
        var state = around.States.Load(options.Single("one container id"));
        if (around.States.Status(state) == ContainerStatus.Stopped) throw new ContainerException($"container not running: {state.Id}");
        var resources = options.Value("resources") is { } file ? FromFile(file, around) : FromFlags(options);
        if (state.Cgroups.Unit is { } unit) Scope.Update(unit, resources);
        state.Cgroups.Update(resources);
        return 0;
    }

    static ResourceSpec FromFile(string file, Surroundings around)
    {
        var warnings = new List<string>();
        var resources = ConfigReader.ReadResources(file == "-" ? Kernel.ReadAll(StandardInput, "stdin") : Kernel.ReadFile(file), warnings);
        warnings.ForEach(around.Log.Warn);
        return resources;
    }

    static ResourceSpec FromFlags(Options options)
    {
        foreach (var gone in (string[])["kernel-memory", "kernel-memory-tcp", "l3-cache-schema", "mem-bw-schema"])
            if (options.Has(gone))
                throw new UsageException($"--{gone} is not supported");
        return Asked(options);
    }

    static ResourceSpec Asked(Options options) => new()
    {
        Memory = new MemorySpec
        {
            Limit = Bytes(options, "memory"), Reservation = Bytes(options, "memory-reservation"), Swap = Bytes(options, "memory-swap"),
        },
        Cpu = new CpuSpec
        {
            Shares = (ulong?)(Number(options, "cpu-shares") ?? Number(options, "cpu-share")), Quota = Number(options, "cpu-quota"),
            Period = (ulong?)Number(options, "cpu-period"), Burst = (ulong?)Number(options, "cpu-burst"), Idle = Number(options, "cpu-idle"),
            Cpus = CpuList(options, "cpuset-cpus"), Mems = CpuList(options, "cpuset-mems"), RealtimeRuntime = Number(options, "cpu-rt-runtime"), RealtimePeriod = (ulong?)Number(options, "cpu-rt-period"),
        },
        Io = new IoSpec { Weight = Number(options, "blkio-weight") is { } weight and not 0 ? Weight(weight) : null },
        PidsLimit = Number(options, "pids-limit"),
    };

    static long? Number(Options options, string flag) => options.Value(flag) is not { } text ? null
        : long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number >= -1 ? number
        : throw new UsageException($"--{flag}: '{text}' is not a number, or -1 for no limit");

    /// <summary>A number of bytes, also with a unit, as in 64m or 1.5GiB; units are powers of 1024.</summary>
    static long? Bytes(Options options, string flag)
    {
        if (options.Value(flag) is not { } text || text == "-1") return options.Value(flag) is null ? null : -1;
        const string units = "kmgtp";
        var number = text.ToLowerInvariant().TrimEnd('b').TrimEnd('i').Trim();
        var power = number.Length > 0 ? units.IndexOf(number[^1]) + 1 : 0;
        if (power > 0) number = number[..^1].TrimEnd();
        const NumberStyles styles = NumberStyles.AllowDecimalPoint;
        if (!decimal.TryParse(number, styles, CultureInfo.InvariantCulture, out var value) || (value *= (decimal)Math.Pow(1024, power)) > long.MaxValue)
            throw new UsageException($"--{flag}: '{text}' is not a number of bytes, or -1 for no limit");
        return (long)value;
    }

    static uint Weight(long weight) => weight is >= 10 and <= 1000 ? (uint)weight : throw new UsageException("--blkio-weight: must be from 10 to 1000");

    static string CpuList(Options options, string flag) => options.Value(flag) is not { } list ? ""
        : list.All(c => char.IsAsciiDigit(c) || c is ',' or '-') ? list : throw new UsageException($"--{flag}: '{list}' is not a list such as 0-2,7");
}
