using System.Buffers.Binary;
using Orchestrator.Runtime.State;
using Orchestrator.Runtime.Syscalls;

namespace Orchestrator.Runtime.Launch;

/// <summary>Lets a created container's process execute its program.</summary>
static class ContainerStart
{
    const int ReportBytes = 8;

    /// <param name="states">Where the fifos are that the process waits at.</param>
    /// <param name="id">The container's.</param>
    /// <param name="program">Its name, for messages.</param>
    /// <param name="milliseconds">How long to wait for the exec to succeed or fail; after that it counts as begun. -1: for ever.</param>
    /// <exception cref="LaunchException">The program can't be executed.</exception>
    public static void Release(StateDirectory states, string id, string? program, int milliseconds = -1)
    {
        using (var result = Kernel.Open(states.StartResult(id), O.RDONLY | O.NONBLOCK))
        {
            using (var fifo = Kernel.TryOpen(states.StartFifo(id), O.WRONLY | O.NONBLOCK)
                ?? throw new ContainerException($"cannot start a container that has stopped: {id}: its process is gone"))
                Kernel.WriteAll(fifo.Number, [1], states.StartFifo(id));
            Await(result, $"execute {program}", milliseconds);
        }

        Kernel.RemoveFile(states.StartFifo(id));
        Kernel.RemoveFile(states.StartResult(id));
    }

    // The process's end of the fifo is close-on-exec: its end without a word is the success of exec.
    static void Await(Fd result, string what, int milliseconds)
    {
        Kernel.Poll([new PollFd(result.Number, PollFd.In)], milliseconds);
        Span<byte> report = stackalloc byte[ReportBytes];
        if (Kernel.ReadSome(result, report) == ReportBytes)
            throw new LaunchException(what, "execve", (Errno)BinaryPrimitives.ReadUInt32LittleEndian(report[4..]));
    }
}
