using System.Globalization;
using System.Text;
using Orchestrator.Runtime.Cgroups;
using Orchestrator.Runtime.Launch;
using Orchestrator.Runtime.Plan;
using Orchestrator.Runtime.State;
using Orchestrator.Runtime.Syscalls;

namespace Orchestrator.Runtime.Shim;

/// <summary>Starts a shim as a process of its own, unless one serves the directory already; and is that process's beginning.</summary>
static class ShimStart
{
    const int ListenerDescriptor = 3, LockDescriptor = 4, FirstClosed = 5;
    const int AboveFixed = 10; // out of the way of the numbers above
    const int Backlog = 16;
    const int MostMilliseconds = 5000, RoundMilliseconds = 10;
    const int PrivateFile = 0x180; // 0600

    // Hexadecimal. The shim lives long and allocates little: with a first generation of 64 KB its heap stays that small.
    const string SmallHeap = "DOTNET_GCgen0size=10000";

    public static void Ensure(string root, string directory, string? cgroup)
    {
        HostProbe.ProtectOwnProgram();
        var socket = directory + "/shim.sock";
        using var opened = Kernel.Open(directory + "/shim.lock", O.RDWR | O.CREAT | O.NOFOLLOW, PrivateFile);
        using var held = Kernel.Duplicate(opened, AboveFixed);
        if (!Kernel.TryLock(held, directory + "/shim.lock"))
        {
            Await(socket);
            return;
        }

        // The lock is free, so whatever socket is there was left by a shim that is dead.
        Kernel.RemoveFile(socket);
        using (var first = Kernel.ListenUnix(socket, Backlog))
        using (var listener = Kernel.Duplicate(first, AboveFixed))
            Spawn(root, directory, cgroup, listener, held);
        Await(socket);
    }

    static void Spawn(string root, string directory, string? cgroup, Fd listener, Fd held)
    {
        using var opened = Kernel.Open("/dev/null", O.RDWR);
        using var nothing = Kernel.Duplicate(opened, AboveFixed);
        var ops = new OpList();
        const string what = "start the shim";
        var cgroups = cgroup is null ? null : ContainerCgroups.Make(CgroupLayout.Read(), ContainerCgroups.CleanPath(cgroup));
        if (cgroups is not null) CgroupSteps.Join(ops, cgroups.Membership());
        ops.Add(what, Call.setsid);
        ops.Add(what, Call.chdir, "/");
        for (var number = 0; number <= 2; number++) ops.Add(what, Call.dup3, Slots.Scrap, number, 0);
        ops.Add(what, Call.dup3, Slots.Target, ListenerDescriptor, 0);
        ops.Add(what, Call.dup3, Slots.Tree, LockDescriptor, 0);
        ProgramSteps.ExecutePath(ops, what, "/proc/self/exe",
            ["orun", "--root", root, "shim", "--dir", directory, "--serve"], ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", SmallHeap], FirstClosed);
        using var born = cgroups?.OpenUnified();
        using var process = Launched.Start(ops.Build(CloneFlags.None),
            [(Slots.Scrap, nothing), (Slots.Target, listener), (Slots.Tree, held)], born);
        process.Next();
    }

    /// <summary>Waits until a shim answers.</summary>
    /// <exception cref="ContainerException">None did in time.</exception>
    static void Await(string socket)
    {
        for (var waited = 0; waited < MostMilliseconds; waited += RoundMilliseconds)
        {
            using var connection = Kernel.TryConnectUnix(socket, out _);
            if (connection is not null)
            {
                Kernel.WriteAll(connection.Number, "{\"op\":\"list\"}\n"u8, socket);
                PollFd[] answered = [new PollFd(connection.Number, PollFd.In)];
                if (Kernel.Poll(answered, MostMilliseconds) > 0 && Kernel.ReadSome(connection, new byte[1]) == 1) return;
            }

            Kernel.Poll([], RoundMilliseconds);
        }

        throw new ContainerException($"{socket}: no shim answered within {MostMilliseconds} ms");
    }

    /// <summary>The shim itself, after the exec.</summary>
    public static void Serve(StateDirectory states, string root, string directory)
    {
        using var held = Kernel.Inherited(LockDescriptor);
        var listener = Kernel.Inherited(ListenerDescriptor);
        Kernel.MakeNonBlocking(listener);
        Kernel.ReplaceFile(directory + "/shim.pid", Encoding.ASCII.GetBytes(Environment.ProcessId.ToString(CultureInfo.InvariantCulture)), PrivateFile);
        using var server = new ShimServer(states, root, directory, listener);
        server.Run();
    }
}
