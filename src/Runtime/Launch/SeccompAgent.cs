using System.Text;
using Orchestrator.Runtime.Spec;
using Orchestrator.Runtime.State;
using Orchestrator.Runtime.Syscalls;

namespace Orchestrator.Runtime.Launch;

/// <summary>
/// Hands the descriptor by which notified system calls are answered to the agent that listens on linux.seccomp.listenerPath, with
/// the container process state (runtime.md of the OCI specification, "Container Process State"), and lets the process go on.
/// </summary>
static class SeccompAgent
{
    public static void Serve(Launched process, SeccompSpec seccomp, ContainerState container, ContainerStatus status)
    {
        var target = $"linux.seccomp.listenerPath {seccomp.ListenerPath}";
        using var listener = process.TakeListener();
        using var agent = Kernel.TryConnectUnix(seccomp.ListenerPath, out var errno) ?? throw new SyscallException("failed to connect with seccomp agent", errno, target);
        Kernel.SendWithDescriptor(agent, Write(process.Pid, seccomp, container, status), listener, target);
        process.GoOn();
    }

    static byte[] Write(int pid, SeccompSpec seccomp, ContainerState container, ContainerStatus status)
    {
        var json = new JsonText().Open('{').Field("ociVersion", container.OciVersion).Open('[', "fds").Item("seccompFd").Close(']').Field("pid", (ulong)pid);
        if (seccomp.ListenerMetadata.Length > 0) json.Field("metadata", seccomp.ListenerMetadata);
        return json.Raw("state", Encoding.UTF8.GetString(container.WriteOci(status))).Close('}').ToUtf8();
    }
}
