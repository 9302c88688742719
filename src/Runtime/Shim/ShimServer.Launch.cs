using Orchestrator.Runtime.Launch;
using Orchestrator.Runtime.Spec;
using Orchestrator.Runtime.Syscalls;

namespace Orchestrator.Runtime.Shim;

/// <summary>
/// Containers launched by the shim itself, without an exec of orun for each. Those with hooks or an agent to wait for, which may take their
/// time, are left to a child, so that the shim goes on meanwhile.
/// </summary>
sealed partial class ShimServer
{
    const int MostStartMilliseconds = 2000; // of a program on a file system that hangs

    /// <returns>False: the container is one for a child.</returns>
    bool TryLaunch(Connection connection, Request request, PodContainer container, Fd output, Fd errors)
    {
        var file = request.Bundle + "/config.json";
        var text = ContainerLaunch.ReadConfig(file);
        var config = ConfigReader.Read(text, []);
        if (!IsQuick(config)) return false;
        using var nothing = Kernel.Open("/dev/null", O.RDWR);
        var options = new LaunchOptions(request.Id, request.Bundle, file, null, null, NoPivot: false, PreservedDescriptors: 0) { Streams = (nothing, output, errors) };
        using var launched = new ContainerLaunch(_states, Trouble).Begin(options, waitsForStart: true, text, config);
        container.Program = config.Process!.Args[0]; // a container without one is not launched
        _containers.Add(request.Id, container);
        Created(connection, container, launched.State);
        return true;
    }

    static bool IsQuick(ContainerConfig config)
    {
        var hooks = config.Hooks;
        return hooks.BeforePivot.Count + hooks.CreateContainer.Count + hooks.StartContainer.Count + hooks.Poststart.Count == 0
            && config is { Process: { Terminal: false, Args.Count: > 0 }, Linux.Seccomp: not { Notifies: true } };
    }

    void StartLaunched(Connection connection, PodContainer container)
    {
        try
        {
            ContainerStart.Release(_states, container.Record.Id, container.Program, MostStartMilliseconds);
        }
        catch
        {
            container.NotStarted();
            throw;
        }

        container.Started();
        connection.Send(Answer.Ok());
    }
}
