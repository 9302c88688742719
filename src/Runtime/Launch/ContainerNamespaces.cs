using Orchestrator.Runtime.Syscalls;

namespace Orchestrator.Runtime.Launch;

/// <summary>Which namespaces of a container's first process are not this program's own: those that a process has to join.</summary>
static class ContainerNamespaces
{
    static readonly (string File, CloneFlags Kind)[] Joined =
    [
        ("mnt", CloneFlags.NEWNS), ("net", CloneFlags.NEWNET), ("ipc", CloneFlags.NEWIPC), ("uts", CloneFlags.NEWUTS),
        ("cgroup", CloneFlags.NEWCGROUP), ("user", CloneFlags.NEWUSER), ("time", CloneFlags.NEWTIME),
    ];

    /// <summary>The namespace's file in /proc/PID/ns.</summary>
    public static string FileOf(CloneFlags kind) => kind == CloneFlags.NEWPID ? "pid" : Joined.First(each => each.Kind == kind).File;

    public static CloneFlags Different(int pid)
    {
        var flags = CloneFlags.None;
        foreach (var (file, kind) in Joined)
            if (IsDifferent(pid, file))
                flags |= kind;
        return flags;
    }

    /// <summary>Apart from the others, because a process is born into it.</summary>
    public static bool HasOwnPids(int pid) => IsDifferent(pid, "pid");

    static bool IsDifferent(int pid, string file) => !Kernel.IsSameNamespace($"/proc/{pid}/ns/{file}", $"/proc/self/ns/{file}");
}
