using System.Globalization;
using System.Text;
using Orchestrator.Runtime.Cgroups;
using Orchestrator.Runtime.Plan;
using Orchestrator.Runtime.Spec;
using Orchestrator.Runtime.State;
using Orchestrator.Runtime.Syscalls;
using Orchestrator.Runtime.Systemd;

namespace Orchestrator.Runtime.Launch;

/// <summary>What `create` and `run` were asked for.</summary>
sealed record LaunchOptions(string Id, string Bundle, string ConfigFile, string? PidFile, string? ConsoleSocket, bool NoPivot, int PreservedDescriptors)
{
    /// <summary>True: the program keeps the caller's session keyring.</summary>
    public bool KeepsKeyring { get; init; }

    /// <summary>The caller's own, for a console that no socket is named for; null: there is to be none.</summary>
    public Terminal? Terminal { get; init; }

    /// <summary>True: the caller's service manager, if it has one, hears when the program is ready. The node agent's own manager waits for the agent.</summary>
    public bool TellsManager { get; init; }

    /// <summary>Of the preserved descriptors, the first so many are a service manager's sockets (sd_listen_fds(3)).</summary>
    public int ListenDescriptors { get; init; }

    /// <summary>The process's input, output and errors, when this program lives on and has its own; null: it inherits this program's.</summary>
    public (Fd Input, Fd Output, Fd Errors)? Streams { get; init; }

    public ProcessSpec WithListen(ProcessSpec process) => ListenDescriptors == 0 ? process
        : process with { Env = [.. process.Env, string.Create(CultureInfo.InvariantCulture, $"LISTEN_FDS={ListenDescriptors}"), "LISTEN_PID=1"] };
}

/// <summary>A container whose process waits for start, or runs.</summary>
sealed record LaunchedContainer(Launched Process, ContainerState State, ContainerConfig Config) : IDisposable
{
    /// <summary>Where its program tells that it is ready, once it runs; null where nobody waits for that.</summary>
    public NotifySocket? Notify { get; init; }

    public void Dispose()
    {
        Process.Dispose();
        Notify?.Dispose();
    }
}

/// <summary>Brings a container up to the point where its process waits for start, or runs. What fails leaves nothing behind.</summary>
/// <param name="states">Where its files are kept.</param>
/// <param name="warn">Takes warnings.</param>
/// <param name="systemd">True: systemd makes its cgroup.</param>
sealed class ContainerLaunch(StateDirectory states, Action<string> warn, bool systemd = false)
{
    const int PidFileMode = 0x1A4; // 0644

    /// <returns>The container; the caller disposes it, which leaves the process alone.</returns>
    public LaunchedContainer Begin(LaunchOptions options, bool waitsForStart)
    {
        HostProbe.ProtectOwnProgram();
        var text = ReadConfig(options.ConfigFile);
        var warnings = new List<string>();
        var config = ConfigReader.Read(text, warnings);
        warnings.ForEach(warn);
        return Begin(options, waitsForStart, text, config);
    }

    public static byte[] ReadConfig(string file) => Kernel.TryReadFile(file) ?? throw new ContainerException($"{file} does not exist");

    public LaunchedContainer Begin(LaunchOptions options, bool waitsForStart, byte[] text, ContainerConfig config)
    {
        states.Claim(options.Id);
        ContainerCgroups? cgroups = null;
        Scope? scope = null;
        NotifySocket? notify = null;
        try
        {
            states.SaveConfig(options.Id, text);
            var layout = CgroupLayout.Read();
            if (systemd) Scope.Require(layout);
            var unit = systemd ? UnitPlace.Of(config.Linux.CgroupsPath, options.Id) : null;
            var path = unit?.Path ?? ContainerCgroups.PathOf(config, options.Id);
            states.PromiseCgroups(options.Id, path);
            if (unit is not null) scope = Scope.Start(unit, options.Id, config.Linux.Resources);
            cgroups = ContainerCgroups.Make(layout, path, unit?.Name);
            states.OwnCgroups(options.Id);
            cgroups.Limit(config.Linux.Resources);
            CgroupOwner.Give(cgroups, config);
            if (options.TellsManager) config = NotifySocket.Show(config, states.NotifyDirectory(options.Id));
            if (!waitsForStart) notify = NotifySocket.Open(states.NotifyDirectory(options.Id)); // before its program may speak
            return Start(options, config, cgroups, waitsForStart) with { Notify = notify };
        }
        catch
        {
            notify?.Dispose();
            scope?.Dispose();
            scope = null;
            if (cgroups is not null)
            {
                Scope.End(cgroups);
                CgroupEnd.Remove(cgroups);
            }

            states.Remove(options.Id);
            throw;
        }
        finally
        {
            scope?.Dispose(); // the container holds it now
        }
    }

    LaunchedContainer Start(LaunchOptions options, ContainerConfig config, ContainerCgroups cgroups, bool waitsForStart)
    {
        var process = config.Process ?? throw new ConfigException("process", "is missing");
        using var prepared = PreparedTrees.Prepare(config, options.Bundle);
        var plan = LaunchPlanner.Plan(new LaunchRequest
        {
            Config = config with { Process = HomeDirectory.Complete(options.WithListen(process), Path.GetFullPath(config.Root.Path, options.Bundle)) },
            Bundle = options.Bundle, Prepared = prepared.Paths, Cgroups = cgroups.Membership(),
            Host = HostProbe.Read(config, options.Bundle) with { KernelMounts = options.NoPivot ? HostProbe.KernelMounts() : [] },
            Id = options.Id, WaitsForStart = waitsForStart, LauncherLivesOn = options.Streams is not null, NoPivot = options.NoPivot,
            KeepsKeyring = options.KeepsKeyring, PreservedDescriptors = options.PreservedDescriptors,
        });
        foreach (var warning in plan.Warnings) warn(warning);
        var given = new List<(Slot Slot, Fd Fd)>();
        var entered = new List<(Fd Fd, CloneFlags Kind)>();
        try
        {
            if (waitsForStart)
            {
                given.Add((Slots.StartFifo, Fifo(states.StartFifo(options.Id))));
                given.Add((Slots.StartResult, Fifo(states.StartResult(options.Id))));
            }

            if (ConsoleSocket.Connect(process, options.ConsoleSocket, options.Terminal) is { } console) given.Add((Slots.ConsoleSocket, console));
            using var cgroup = cgroups.OpenUnified();
            entered.AddRange(LaunchPlanner.EnteredByLauncher(config.Linux).Select(ns => (Kernel.Open(ns.Path, O.RDONLY), ns.Kind)));
            if (options.Streams is { } streams) given.AddRange([(Slots.Input, streams.Input), (Slots.Output, streams.Output), (Slots.ErrorOutput, streams.Errors)]);
            var score = plan.OwnMemory ? null : OomScore.Take(process.OomScoreAdj);
            var launched = Launched.Start(plan, given, cgroup, entered);
            try
            {
                if (plan.OwnMemory) OomScore.Give(launched.Pid, process.OomScoreAdj);
                var state = Finish(options, config, cgroups, launched, waitsForStart);
                if (!waitsForStart) OomScore.GiveBack(score);
                return new LaunchedContainer(launched, state, config);
            }
            catch
            {
                launched.Abandon();
                launched.Dispose();
                throw;
            }
        }
        finally
        {
            foreach (var (slot, fd) in given)
                if (slot.Index < Slots.Input.Index)
                    fd.Dispose();
            foreach (var (fd, _) in entered) fd.Dispose();
        }
    }

    ContainerState Finish(LaunchOptions options, ContainerConfig config, ContainerCgroups cgroups, Launched process, bool waitsForStart)
    {
        var state = new ContainerState(options.Id, config.OciVersion, process.Pid, ProcessClock.StartTime(process.Pid) ?? 0, options.Bundle,
            Path.GetFullPath(config.Root.Path, options.Bundle), Now(), cgroups, config.Annotations);
        var milestone = process.Next();
        if (process.Pid != state.Pid) state = state with { Pid = process.Pid, StartTime = ProcessClock.StartTime(process.Pid) ?? 0 };
        if (milestone == Milestone.MapsDue)
        {
            NamespaceSettings.Write(process.Pid, config);
            process.GoOn();
            milestone = process.Next();
        }

        if (milestone == Milestone.HooksDue && config.Hooks.BeforePivot.Count + config.Hooks.CreateContainer.Count > 0)
        {
            HookRunner.Run(config.Hooks.BeforePivot, state, ContainerStatus.Creating);
            HookRunner.RunInside(config.Hooks.CreateContainer, state, ContainerStatus.Creating, process.PidFd);
            process.GoOn();
            milestone = process.Next();
        }

        if (milestone == Milestone.ListenerMade)
        {
            SeccompAgent.Serve(process, config.Linux.Seccomp!, state, ContainerStatus.Creating); // only a profile makes a listener
            milestone = process.Next();
        }

        if (milestone == Milestone.HooksDue)
        {
            HookRunner.RunInside(config.Hooks.StartContainer, state, ContainerStatus.Created, process.PidFd);
            process.GoOn();
            milestone = process.Next();
        }

        if (waitsForStart && milestone != Milestone.Parked)
            throw new ContainerException($"the container's process ended while it was set up (out of memory, or killed)");
        states.Save(state);
        if (options.PidFile is not null)
            Kernel.ReplaceFile(options.PidFile, Encoding.ASCII.GetBytes(process.Pid.ToString(CultureInfo.InvariantCulture)), PidFileMode);
        if (!waitsForStart) HookRunner.Run(config.Hooks.Poststart, state, ContainerStatus.Running);
        return state;
    }

    static Fd Fifo(string path)
    {
        Kernel.MakeFifo(path);
        // Open for both directions: neither open nor read then depends on who is at the other end.
        return Kernel.Open(path, O.RDWR);
    }

    static string Now() => DateTime.UtcNow.ToString("O", CultureInfo.InvariantCulture);
}
