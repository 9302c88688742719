using Orchestrator.Runtime.Cgroups;
using Orchestrator.Runtime.Launch;
using Orchestrator.Runtime.Plan;
using Orchestrator.Runtime.Spec;
using Orchestrator.Runtime.Syscalls;
using Orchestrator.Runtime.Systemd;

namespace Orchestrator.Runtime.Commands;

/// <summary>`plan [--bundle DIR] ID`: prints every system call `create` would make in the container's process. Changes nothing.</summary>
static class PlanCommand
{
    public static int Run(IReadOnlyList<string> arguments, Surroundings around)
    {
        var options = CreateCommand.Read(Options.Parse(arguments, CreateCommand.Flags));
        var warnings = new List<string>();
        var config = ConfigReader.Read(Kernel.ReadFile(options.ConfigFile), warnings);
        var cgroups = ContainerCgroups.At(CgroupLayout.Read(), around.Systemd ? UnitPlace.Of(config.Linux.CgroupsPath, options.Id).Path : ContainerCgroups.PathOf(config, options.Id));
        var plan = LaunchPlanner.Plan(new LaunchRequest
        {
            Config = config, Bundle = options.Bundle, Host = HostProbe.Read(config, options.Bundle), Id = options.Id,
            Cgroups = cgroups.Membership(), WaitsForStart = true, NoPivot = options.NoPivot,
            PreservedDescriptors = options.PreservedDescriptors,
        });
        foreach (var warning in warnings.Concat(plan.Warnings)) around.Log.Warn(warning);
        Log.Print(plan.Print());
        return 0;
    }
}
