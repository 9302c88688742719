using Orchestrator.Runtime.Syscalls;

namespace Orchestrator.Runtime.Cgroups;

/// <summary>Stops and continues all processes of a container at once (cgroup-v1/freezer-subsystem, cgroup-v2 "cgroup.freeze").</summary>
static class CgroupFreezer
{
    const int RoundMilliseconds = 5; // cgroup v1 tells nobody when all are frozen
    const int MostRounds = 2000; // 10 s

    /// <exception cref="CgroupException">There is no freezer, or a process can't be stopped.</exception>
    public static void Freeze(ContainerCgroups cgroups)
    {
        var directory = Find(cgroups) ?? throw new CgroupException("no freezer controller");
        Set(directory, true);
        for (var round = 0; !IsFrozen(cgroups); round++)
        {
            if (round == MostRounds)
            {
                Set(directory, false);
                throw new CgroupException($"{directory.Path}: a process can't be frozen");
            }

            // Asked again, because v1 gives up on a process that forks at the wrong moment.
            if (!directory.Unified) Set(directory, true);
            Kernel.Poll([], RoundMilliseconds);
        }
    }

    public static void Thaw(ContainerCgroups cgroups)
    {
        if (Find(cgroups) is { } directory) Set(directory, false);
    }

    public static bool IsFrozen(ContainerCgroups cgroups)
    {
        if (Find(cgroups) is not { } directory) return false;
        return directory.Unified
            ? Kernel.TryReadText(directory.Path + "/cgroup.events")?.Contains("frozen 1", StringComparison.Ordinal) == true
            : Kernel.TryReadText(directory.Path + "/freezer.state")?.TrimEnd() == "FROZEN";
    }

    static void Set(CgroupDirectory directory, bool frozen)
    {
        if (directory.Unified) directory.Write("cgroup.freeze", frozen ? "1" : "0");
        else directory.Write("freezer.state", frozen ? "FROZEN" : "THAWED");
    }

    static CgroupDirectory? Find(ContainerCgroups cgroups) =>
        cgroups.Directories.FirstOrDefault(directory => directory.Unified || directory.Controllers.Contains("freezer"));
}
