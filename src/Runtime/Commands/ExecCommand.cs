using System.Globalization;
using System.Text;
using Orchestrator.Runtime.Cgroups;
using Orchestrator.Runtime.Launch;
using Orchestrator.Runtime.Plan;
using Orchestrator.Runtime.Spec;
using Orchestrator.Runtime.State;
using Orchestrator.Runtime.Syscalls;

namespace Orchestrator.Runtime.Commands;

/// <summary>`exec ID CMD...` or `exec -p process.json ID`: a further process in a running container; its exit code is the process's.</summary>
static class ExecCommand
{
    const int PidFileMode = 0x1A4; // 0644

    static readonly string[] Flags =
    [
        "process,p=", "detach,d", "cwd=", "env,e=", "user,u=", "additional-gids,g=", "tty,t", "console-socket=", "pid-file=", "no-new-privs",
        "preserve-fds=", "cap,c=", "ignore-paused", "process-label=", "apparmor=", "cgroup=",
    ];

    public static int Run(IReadOnlyList<string> arguments, Surroundings around)
    {
        var options = Options.Parse(arguments, Flags);
        if (options.Operands.Count == 0) throw new UsageException("exec wants a container id and a command");
        using var terminal = options.Has("detach") ? null : new Terminal();
        Launched process;
        try
        {
            process = Start(options, around, terminal);
        }
        catch (Exception e) when (e is not UsageException)
        {
            throw new ExecFailedException(e);
        }

        using (process) return terminal is null ? 0 : Foreground.Wait(process, terminal);
    }

    static Launched Start(Options options, Surroundings around, Terminal? terminal)
    {
        HostProbe.ProtectOwnProgram();
        var state = around.States.Load(options.Operands[0]);
        var config = around.States.LoadConfig(state.Id);
        var spec = Process(options, config, around);
        using var init = Kernel.PidFd(state.Pid);
        if (!ProcessClock.IsAlive(state)) throw new ContainerException($"cannot exec in a stopped container (container not running: {state.Id})");
        if (!options.Has("ignore-paused") && CgroupFreezer.IsFrozen(state.Cgroups)) throw new ContainerException("cannot exec in a paused container (use --ignore-paused to override)");
        var cgroups = SubCgroup.Of(state.Cgroups, options.Values("cgroup"));
        spec = HomeDirectory.Complete(spec, $"/proc/{state.Pid}/root");
        var plan = LaunchPlanner.Plan(new ExecRequest
        {
            Process = spec, Host = HostProbe.Read(config with { Process = spec }, state.Bundle), Cgroups = cgroups.Membership(), Id = state.Id,
            Namespaces = ContainerNamespaces.Different(state.Pid), Linux = config.Linux, PreservedDescriptors = CreateCommand.Preserved(options),
        });
        foreach (var warning in plan.Warnings) around.Log.Warn(warning);
        using var console = ConsoleSocket.Connect(spec, options.Value("console-socket"), terminal);
        List<(Slot, Fd)> given = [(Slots.Init, init)];
        if (console is not null) given.Add((Slots.ConsoleSocket, console));
        var score = OomScore.Take(spec.OomScoreAdj);
        using var cgroup = cgroups.OpenUnified();
        var process = Launched.Start(plan, given, cgroup, ContainerNamespaces.HasOwnPids(state.Pid) ? [(init, CloneFlags.NEWPID)] : []);
        try
        {
            if (process.Next() == Milestone.ListenerMade)
            {
                SeccompAgent.Serve(process, config.Linux.Seccomp!, state, ContainerStatus.Running); // only a profile makes a listener
                process.Next();
            }

            OomScore.GiveBack(score);
            if (spec.Terminal && options.Value("console-socket") is null) terminal?.Take();
            if (options.Value("pid-file") is { } file)
                Kernel.ReplaceFile(file, Encoding.ASCII.GetBytes(process.Pid.ToString(CultureInfo.InvariantCulture)), PidFileMode);
            return process;
        }
        catch
        {
            process.Abandon();
            process.Dispose();
            throw;
        }
    }

    static ProcessSpec Process(Options options, ContainerConfig config, Surroundings around)
    {
        var command = options.Operands.Skip(1).ToList();
        if (options.Value("process") is { } file)
        {
            if (command.Count > 0) throw new UsageException("exec takes a command or --process, not both");
            return ConfigReader.ReadProcess(Kernel.ReadFile(file), []);
        }

        if (command.Count == 0) throw new UsageException("exec wants a command");
        var basis = config.Process ?? throw new ConfigException("process", "is missing");
        var user = options.Value("user") is { } text ? User(text, basis.User) : basis.User;
        var groups = options.Values("additional-gids").SelectMany(list => list.Split(',')).Select(group => Id("additional-gids", group));
        return basis with
        {
            Args = command,
            Terminal = options.Has("tty"),
            Cwd = options.Value("cwd") ?? basis.Cwd,
            Env = [.. basis.Env, .. options.Values("env")],
            User = user with { AdditionalGids = [.. user.AdditionalGids, .. groups] },
            Capabilities = Capabilities(options, basis.Capabilities, around),
            AppArmorProfile = options.Value("apparmor") ?? basis.AppArmorProfile,
            SelinuxLabel = options.Value("process-label") ?? basis.SelinuxLabel,
            NoNewPrivileges = basis.NoNewPrivileges || options.Has("no-new-privs"),
        };
    }

    // Never inheritable or ambient: those would pass on to whatever a user's program executes (CVE-2022-29162).
    static CapabilitySpec? Capabilities(Options options, CapabilitySpec? basis, Surroundings around)
    {
        ulong more = 0;
        foreach (var name in options.Values("cap"))
        {
            var number = CapabilityNames.Number(name);
            if (number < 0) around.Log.Warn($"--cap: unknown capability {name} is left out");
            else more |= 1UL << number;
        }

        if (more == 0) return basis;
        basis ??= new CapabilitySpec(0, 0, 0, 0, 0);
        return basis with { Bounding = basis.Bounding | more, Effective = basis.Effective | more, Permitted = basis.Permitted | more };
    }

    // Numbers only: names would have to be looked up in files that the container can write.
    static UserSpec User(string text, UserSpec basis)
    {
        var parts = text.Split(':');
        if (parts.Length > 2) throw new UsageException($"--user: '{text}' is not UID or UID:GID");
        return basis with { Uid = Id("user", parts[0]), Gid = parts.Length == 2 ? Id("user", parts[1]) : basis.Gid };
    }

    static uint Id(string flag, string text) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var id) && id != uint.MaxValue
            ? id : throw new UsageException($"--{flag}: '{text}' is not a numeric id from 0 to 4294967294");
}
