using Orchestrator.Runtime.Syscalls;

namespace Orchestrator.Runtime.Cgroups;

/// <summary>The end of a container's cgroups: signals to all in them, and their removal.</summary>
static class CgroupEnd
{
    const int Kill = 9;
    const int RoundMilliseconds = 5; // cgroup v1 tells nobody when it becomes empty
    const int RoundsPerKill = 100;
    const int MostRounds = 2000; // 10 s: a process that holds out longer hangs in the kernel

    /// <summary>Sends a signal to every process. SIGKILL goes to them frozen, so that none can fork away.</summary>
    public static void Signal(ContainerCgroups cgroups, int signal)
    {
        if (signal == Kill && cgroups.Unified && cgroups.Directories[0].Has("cgroup.kill"))
        {
            cgroups.Directories[0].Write("cgroup.kill", "1");
            return;
        }

        var freezer = cgroups.Directories.FirstOrDefault(directory => directory.Controllers.Contains("freezer"));
        if (signal != Kill || freezer is null || !freezer.Has("freezer.state"))
        {
            SignalEach(cgroups, signal);
            return;
        }

        freezer.Write("freezer.state", "FROZEN");
        try
        {
            for (var round = 0; round < MostRounds && Kernel.ReadText(freezer.Path + "/freezer.state").Trim() == "FREEZING"; round++)
                Kernel.Poll([], RoundMilliseconds);
            SignalEach(cgroups, signal);
        }
        finally
        {
            freezer.Write("freezer.state", "THAWED");
        }
    }

    static void SignalEach(ContainerCgroups cgroups, int signal)
    {
        foreach (var pid in cgroups.Processes()) Kernel.Signal(pid, signal);
    }

    /// <summary>Ends what still runs.</summary>
    /// <exception cref="CgroupException">A process did not end.</exception>
    public static void Empty(ContainerCgroups cgroups)
    {
        for (var round = 0; cgroups.Processes().Count > 0; round++)
        {
            if (round == MostRounds) throw new CgroupException($"{cgroups.Directories[0].Path}: processes did not end");
            if (round % RoundsPerKill == 0) Signal(cgroups, Kill);
            Kernel.Poll([], RoundMilliseconds);
        }
    }

    /// <summary>Ends what still runs and removes the directories.</summary>
    /// <exception cref="CgroupException">A process did not end, or a directory can't be removed.</exception>
    public static void Remove(ContainerCgroups cgroups)
    {
        foreach (var directory in cgroups.Directories)
        {
            for (var round = 0; RemoveTree(directory.Path) is var errno and not (Errno.None or Errno.ENOENT); round++)
            {
                if (errno != Errno.EBUSY || round == MostRounds) throw new CgroupException($"{directory.Path}: {SyscallException.Describe(errno)}");
                // A pid namespace takes its processes along with the first; without one of its own, stragglers are left here.
                if (round % RoundsPerKill == 0) Signal(cgroups, Kill);
                Kernel.Poll([], RoundMilliseconds);
            }
        }

        // Parents that orun made go with their last container; one still in use stays, and is its next user's to remove.
        for (var i = cgroups.Made.Count - 1; i >= 0; i--)
            if (!cgroups.Directories.Any(directory => directory.Path == cgroups.Made[i]))
                Kernel.RemoveDirectory(cgroups.Made[i]);
    }

    /// <summary>Removes directories that may be a container's: if they are not surely its own, then only when nothing runs there.</summary>
    public static void Abandon(ContainerCgroups cgroups, bool own)
    {
        if (own) Remove(cgroups);
        else foreach (var directory in cgroups.Directories) Kernel.RemoveDirectory(directory.Path);
    }

    static Errno RemoveTree(string directory)
    {
        var errno = Kernel.RemoveDirectory(directory);
        if (errno != Errno.EBUSY) return errno;
        foreach (var child in CgroupDirectory.Children(directory)) RemoveTree(child);
        return Kernel.RemoveDirectory(directory);
    }
}
