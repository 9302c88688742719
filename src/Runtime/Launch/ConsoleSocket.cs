using Orchestrator.Runtime.Spec;
using Orchestrator.Runtime.State;
using Orchestrator.Runtime.Syscalls;

namespace Orchestrator.Runtime.Launch;

/// <summary>The unix socket of the caller's that receives the console (as runc's --console-socket).</summary>
static class ConsoleSocket
{
    /// <returns>The connected socket, or null when no terminal is asked for.</returns>
    /// <exception cref="ContainerException">Terminal and socket do not go together.</exception>
    public static Fd? Connect(ProcessSpec process, string? path)
    {
        if (process.Terminal != (path is not null))
            throw new ContainerException(process.Terminal ? "process.terminal needs --console-socket" : "--console-socket needs process.terminal");
        return path is null ? null : Kernel.ConnectUnix(path);
    }
}
