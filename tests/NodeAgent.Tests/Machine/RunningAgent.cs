using System.Net;
using Microsoft.Extensions.Logging;
using Orchestrator.Contracts;
using Orchestrator.Model.Meta;
using Orchestrator.Model.Pods;
using Orchestrator.NodeAgent.Pods;
using Orchestrator.NodeAgent.Tests.Images;
using Orchestrator.Testing;

namespace Orchestrator.NodeAgent.Tests.Machine;

/// <summary>
/// An agent on a machine of its own: a network namespace, directories, a cgroup, and a control plane that talks to it.
/// It can be ended and started again; whatever it made is taken away at the end of the test.
/// </summary>
sealed class RunningAgent : IAsyncDisposable
{
    public const string Busybox = "test/busybox:1";

    readonly TemporaryDirectory _directory;
    readonly Host _host;
    readonly TestLog _log = new();
    CancellationTokenSource _ending = new();
    Task _running = Task.CompletedTask;

    RunningAgent(TemporaryDirectory directory, Host host, ControlPlane control, NodeAgentOptions options)
    {
        (_directory, _host, Control, Options) = (directory, host, control, options);
    }

    public ControlPlane Control { get; }

    public NodeAgentOptions Options { get; private set; }

    public Host Host => _host;

    public string Log => _log.Text;

    public static async Task<RunningAgent> StartAsync(Func<NodeAgentOptions, NodeAgentOptions>? change = null)
    {
        TemporaryDirectory directory = new();
        Host host = new(directory, "node");
        Peers peers = new() { ClusterCidr = "10.244.0.0/16" };
        peers.Nodes.Add(new PeerNode { Name = "n1", Address = "192.0.2.1", PodCidr = "10.244.1.0/24" });
        var control = await ControlPlane.StartAsync(peers);
        NodeAgentOptions options = new()
        {
            NodeName = "n1",
            Address = IPAddress.Parse("192.0.2.1"),
            DataDirectory = directory["data"],
            RunDirectory = directory["run"],
            Servers = [control.Address],
            RuntimeProgram = await Orun.PathAsync(),
            CgroupRoot = "/orch-test-" + Guid.NewGuid().ToString("N")[..8],
            NetworkNamespace = host.Path,
        };
        RunningAgent agent = new(directory, host, control, change?.Invoke(options) ?? options);
        using (var images = NodeAgentService.OpenImages(agent.Options))
        {
            ImageBuilder.Busybox().WriteLayout(directory["busybox"]);
            await images.ImportAsync(directory["busybox"], Busybox, CancellationToken.None);
        }

        agent.Start();
        return agent;
    }

    public void Start()
    {
        _ending = new CancellationTokenSource();
        _running = new NodeAgentService(Options, _log).RunAsync(_ending.Token);
    }

    /// <summary>Changes what the agent is told when it next starts.</summary>
    public void Change(Func<NodeAgentOptions, NodeAgentOptions> change) => Options = change(Options);

    /// <summary>Ends the agent as SIGTERM would; containers stay.</summary>
    public async Task StopAsync()
    {
        await _ending.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_running.Exception is { InnerException: not OperationCanceledException } failed)
            throw failed;
        await Eventually.HoldsAsync(() => !Control.HasSession, "the session's end");
    }

    /// <summary>A pod of one busybox container that runs a shell script.</summary>
    public static Pod Shell(string script, Func<Container, Container>? container = null, Func<PodSpec, PodSpec>? spec = null)
    {
        Container one = new() { Name = "main", Image = Busybox, Command = ["/bin/sh", "-c", script] };
        PodSpec made = new() { Containers = [container?.Invoke(one) ?? one], NodeName = "n1", TerminationGracePeriodSeconds = 2 };
        var uid = Guid.NewGuid().ToString();
        return new Pod
        {
            Metadata = new ObjectMeta { Name = "pod-" + uid[..8], Namespace = "default", Uid = uid },
            Spec = spec?.Invoke(made) ?? made,
        };
    }

    public async Task<(string Text, string Error)> LogsAsync(Pod pod, Action<LogsRequest>? change = null)
    {
        LogsRequest request = new() { Namespace = pod.Namespace, Pod = pod.Name };
        change?.Invoke(request);
        return await (await Control.CallAsync(new Call { Logs = request })).ReadAllAsync();
    }

    /// <summary>All that the pod's container writes until it ends. Asked for at once, read meanwhile.</summary>
    public async Task<string> FollowLogsAsync(Pod pod) => (await LogsAsync(pod, request => request.Follow = true)).Text;

    /// <summary>Follows the log until it says so.</summary>
    public async Task UntilLogAsync(Pod pod, Func<string, bool> says, string what)
    {
        var call = await Control.CallAsync(new Call { Logs = new LogsRequest { Namespace = pod.Namespace, Pod = pod.Name, Follow = true } });
        System.Text.StringBuilder text = new();
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(60));
        while (!says(text.ToString()))
            text.Append(await call.ReadAsync().WaitAsync(limit.Token) ?? throw new IOException($"the log ended before {what}: {text}"));
        call.End();
    }

    /// <summary>Imports the image of an OCI layout as a user does, through the control plane.</summary>
    public async Task ImportAsync(string layout, string name)
    {
        using MemoryStream archive = new();
        System.Formats.Tar.TarFile.CreateFromDirectory(layout, archive, includeBaseDirectory: false);
        var call = await Control.CallAsync(new Call { ImportImage = new ImportImageStart { Name = name } });
        await call.Outgoing.WriteAsync(new Frame { Data = Google.Protobuf.ByteString.CopyFrom(archive.ToArray()) });
        await call.Outgoing.WriteAsync(new Frame { Finish = new Finish() });
        (_, var error) = await call.ReadAllAsync();
        Assert.Equal("", error);
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await StopAsync();
        }
        finally
        {
            // Also after an agent that failed: what it left must not stay on the machine.
            await Control.DisposeAsync();
            await CleanUp.RunAsync(Options, keepData: false, CancellationToken.None);
            _host.Dispose();
            _directory.Dispose();
        }
    }
}

/// <summary>Keeps what the agent logs, for a failing test to show.</summary>
sealed class TestLog : ILogger<NodeAgentService>
{
    readonly System.Text.StringBuilder _text = new();

    public string Text
    {
        get
        {
            lock (_text)
                return _text.ToString();
        }
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        lock (_text)
            _text.Append(logLevel).Append(' ').AppendLine(formatter(state, exception)).Append(exception is null ? "" : exception + "\n");
    }
}
