using Orchestrator.Runtime.Spec;
using Orchestrator.Runtime.State;
using Orchestrator.Runtime.Syscalls;

namespace Orchestrator.Runtime.Launch;

/// <summary>The unix socket that receives the console: the caller's (as runc's --console-socket), or the one of a process in the foreground.</summary>
static class ConsoleSocket
{
    /// <returns>The connected socket, or null when no terminal is asked for.</returns>
    /// <exception cref="ContainerException">Terminal and socket do not go together.</exception>
    public static Fd? Connect(ProcessSpec process, string? path, Terminal? offered)
    {
        if (path is not null)
            return process.Terminal ? Kernel.ConnectUnix(path) : throw new ContainerException("--console-socket needs process.terminal");
        if (!process.Terminal) return null;
        if (offered is null) throw new ContainerException("cannot allocate tty if runc will detach without setting console socket: process.terminal needs --console-socket");
        return Kernel.Duplicate(offered.Far, 0);
    }
}
