using System.Globalization;
using System.Runtime.InteropServices;
using Orchestrator.NodeAgent.Metrics;
using Orchestrator.NodeAgent.Syscalls;
using Orchestrator.Reconcile.Nodes;

namespace Orchestrator.NodeAgent.Pressure;

/// <summary>How much the machine has left (proc_meminfo(5), statvfs(3), proc_loadavg(5)).</summary>
static class Supplies
{
    /// <param name="directory">On the disk that is looked at.</param>
    /// <exception cref="IOException">The disk can't be asked.</exception>
    public static IReadOnlyDictionary<Signal, Supply> Read(string directory)
    {
        var memory = File.ReadAllLines("/proc/meminfo");
        if (Libc.StatVfs(directory, out var disk) != 0)
            throw new SyscallException("statvfs", Marshal.GetLastPInvokeError(), directory);
        return new Dictionary<Signal, Supply>
        {
            [Signal.Memory] = new(MachineConsumption.Bytes(memory, "MemAvailable:"), MachineConsumption.Bytes(memory, "MemTotal:")),
            [Signal.Disk] = new((long)(disk.BlocksAvailable * disk.FragmentBytes), (long)(disk.Blocks * disk.FragmentBytes)),
            // A file system that makes them as it needs them says that it has none.
            [Signal.Inodes] = disk.Files == 0 ? new(long.MaxValue, 0) : new((long)disk.FilesAvailable, (long)disk.Files),
            [Signal.Pids] = Pids(File.ReadAllText("/proc/loadavg"), File.ReadAllText("/proc/sys/kernel/pid_max")),
        };
    }

    internal static Supply Pids(string load, string most)
    {
        var capacity = long.Parse(most, NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture);
        var there = load.Split(' ')[3].Split('/')[1]; // running/all
        return new Supply(capacity - long.Parse(there, CultureInfo.InvariantCulture), capacity);
    }
}
