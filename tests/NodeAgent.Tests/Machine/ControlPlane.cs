using System.Collections.Concurrent;
using System.Net;
using System.Threading.Channels;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orchestrator.Contracts;
using Orchestrator.Model;
using Orchestrator.Model.Meta;
using Orchestrator.Model.Pods;
using Orchestrator.Testing;

namespace Orchestrator.NodeAgent.Tests.Machine;

/// <summary>
/// A server that speaks the nodes' protocol for one node: it tells the pods a test wants and keeps what is reported.
/// </summary>
sealed class ControlPlane : Nodes.NodesBase, IAsyncDisposable
{
    readonly WebApplication _app;
    readonly ConcurrentDictionary<string, Pod> _pods = new();
    readonly ConcurrentDictionary<string, PodStatus> _statuses = new();
    readonly ConcurrentDictionary<ResourceKey, Resource> _contents = new();
    readonly ConcurrentDictionary<string, TaskCompletionSource<ServedCall>> _calls = new();
    readonly Peers _peers;
    readonly Lock _telling = new();
    Channel<ServerMessage>? _session;
    long _epoch;
    long _callNumber;

    ControlPlane(WebApplication app, Peers peers) => (_app, _peers) = (app, peers);

    public Uri Address => new(_app.Urls.First());

    public Hello? LastHello { get; private set; }

    /// <summary>What the node last said that it is short of.</summary>
    public IReadOnlyList<string> Pressures { get; private set; } = [];

    /// <summary>False renews no leases.</summary>
    public bool AnswersBeats { get; set; } = true;

    public static async Task<ControlPlane> StartAsync(Peers peers)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddGrpc();
        ControlPlane? self = null;
        builder.Services.AddSingleton(_ => self!);
        var app = builder.Build();
        self = new ControlPlane(app, peers);
        app.MapGrpcService<ControlPlane>();
        await app.StartAsync();
        return self;
    }

    /// <summary>This cluster has one node and no services: nobody sends to a pod.</summary>
    public override Task<WithdrawnReply> Withdrawn(WithdrawnRequest request, ServerCallContext context) => Task.FromResult(new WithdrawnReply());

    public void Want(Pod pod)
    {
        _pods[pod.Metadata.Uid!] = pod;
        TellPods();
    }

    /// <summary>Makes a ConfigMap or Secret, or changes it.</summary>
    public void Put(Resource content)
    {
        _contents[content.Key] = content;
        TellPods();
    }

    /// <summary>Asks for a pod to go, with a grace.</summary>
    public void Delete(Pod pod, long graceSeconds) => Want(pod with
    {
        Metadata = pod.Metadata with { DeletionTimestamp = DateTimeOffset.UtcNow.AddSeconds(graceSeconds), DeletionGracePeriodSeconds = graceSeconds },
    });

    public PodStatus? StatusOf(Pod pod) => _statuses.GetValueOrDefault(pod.Metadata.Uid!);

    public bool HasSession => _session is not null;

    public bool IsGone(Pod pod) => !_pods.ContainsKey(pod.Metadata.Uid!);

    public Task<PodStatus> UntilAsync(Pod pod, Func<PodStatus, bool> condition, string what) => Eventually.GetAsync(
        () => StatusOf(pod) is { } status && condition(status) ? status : null, what, () => $"last status: {Text(StatusOf(pod))}");

    public async Task<ServedCall> CallAsync(Call call)
    {
        call.Id = Interlocked.Increment(ref _callNumber).ToString();
        TaskCompletionSource<ServedCall> served = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _calls[call.Id] = served;
        var session = await Eventually.GetAsync(() => _session, "a session");
        session.Writer.TryWrite(new ServerMessage { Call = call });
        return await served.Task.WaitAsync(TimeSpan.FromSeconds(30));
    }

    public override async Task Session(IAsyncStreamReader<AgentMessage> requestStream, IServerStreamWriter<ServerMessage> responseStream, ServerCallContext context)
    {
        var outgoing = Channel.CreateUnbounded<ServerMessage>();
        outgoing.Writer.TryWrite(new ServerMessage { Welcome = new Welcome { SessionEpoch = Interlocked.Increment(ref _epoch), Server = "test", LeaseSeconds = 5 } });
        outgoing.Writer.TryWrite(new ServerMessage { Peers = _peers });
        _session = outgoing;
        TellPods();
        var sending = SendAsync(outgoing.Reader, responseStream, context.CancellationToken);
        try
        {
            while (await requestStream.MoveNext(context.CancellationToken))
                Take(requestStream.Current, outgoing);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
        }

        // What the next session reports is news, however equal.
        _session = null;
        _statuses.Clear();
        outgoing.Writer.TryComplete();
        await sending;
    }

    public override async Task Serve(IAsyncStreamReader<Frame> requestStream, IServerStreamWriter<Frame> responseStream, ServerCallContext context)
    {
        await requestStream.MoveNext(context.CancellationToken);
        ServedCall served = new(requestStream, responseStream);
        _calls[requestStream.Current.CallId].SetResult(served);
        await served.Done.WaitAsync(context.CancellationToken);
    }

    void Take(AgentMessage message, Channel<ServerMessage> outgoing)
    {
        if (message.Hello is { } hello)
            LastHello = hello;
        if (message.Beat is { } told)
            Pressures = [.. told.Pressures];
        if (message.Beat is { } beat && AnswersBeats)
            outgoing.Writer.TryWrite(new ServerMessage { Beat = beat });
        if (message.Report is not { } report)
            return;
        foreach (var pod in report.Pods)
        {
            _statuses[pod.Uid] = ModelJson.Decode<PodStatus>(pod.Status.Span);
            if (pod.Removed)
                _pods.TryRemove(pod.Uid, out _);
        }

        outgoing.Writer.TryWrite(new ServerMessage { Reported = new Reported { Sequence = report.Sequence } });
    }

    void TellPods()
    {
        // One after the other, so that an older list is never sent after a newer one.
        lock (_telling)
        {
            Orchestrator.Contracts.Contents contents = new();
            contents.Contents_.AddRange(_contents.Values.Select(content => content.ToMessage()));
            _session?.Writer.TryWrite(new ServerMessage { Contents = contents });
            Orchestrator.Contracts.Pods all = new();
            all.Pods_.AddRange(_pods.Values.Select(pod => pod.ToMessage()));
            _session?.Writer.TryWrite(new ServerMessage { Pods = all });
        }
    }

    static async Task SendAsync(ChannelReader<ServerMessage> outgoing, IServerStreamWriter<ServerMessage> stream, CancellationToken cancel)
    {
        try
        {
            await foreach (var message in outgoing.ReadAllAsync(cancel))
                await stream.WriteAsync(message, cancel);
        }
        catch (Exception e) when (e is OperationCanceledException or InvalidOperationException)
        {
            // The agent has gone: that is what some tests are about.
        }
    }

    /// <summary>The server goes, and does not come back.</summary>
    public Task StopAnsweringAsync() => _app.StopAsync();

    static string Text(PodStatus? status) => status is null ? "none" : System.Text.Encoding.UTF8.GetString(ModelJson.Encode(status));

    public async ValueTask DisposeAsync()
    {
        _session?.Writer.TryComplete();
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(2));
        await _app.StopAsync(limit.Token);
        await _app.DisposeAsync();
    }
}

/// <summary>A stream the agent opened to answer a call.</summary>
sealed class ServedCall(IAsyncStreamReader<Frame> incoming, IServerStreamWriter<Frame> outgoing)
{
    readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Done => _done.Task;

    public IServerStreamWriter<Frame> Outgoing => outgoing;

    /// <summary>Hangs up.</summary>
    public void End() => _done.TrySetResult();

    /// <summary>Everything until the agent finishes; its error is the second part.</summary>
    public async Task<(string Text, string Error)> ReadAllAsync()
    {
        using MemoryStream text = new();
        var error = "the stream broke off";
        while (await incoming.MoveNext(CancellationToken.None))
        {
            if (incoming.Current.Finish is { } finish)
            {
                error = finish.Error;
                break;
            }

            text.Write(incoming.Current.Data.Span);
        }

        End();
        return (System.Text.Encoding.UTF8.GetString(text.ToArray()), error);
    }

    /// <summary>The next piece; null at the end.</summary>
    public async Task<string?> ReadAsync() =>
        await incoming.MoveNext(CancellationToken.None) && incoming.Current.PartCase == Frame.PartOneofCase.Data ? incoming.Current.Data.ToStringUtf8() : null;
}
