using System.Threading.Channels;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using Orchestrator.Contracts;
using Orchestrator.ControlPlane.Api;
using Orchestrator.ControlPlane.Metrics;
using Orchestrator.ControlPlane.Servers;
using Orchestrator.ControlPlane.Store;
using Orchestrator.Model;
using Orchestrator.Model.Meta;
using Orchestrator.Model.Nodes;
using Orchestrator.Model.Pods;
using Orchestrator.Model.State;
using Orchestrator.Reconcile.Evictions;
using Orchestrator.Reconcile.Nodes;

namespace Orchestrator.ControlPlane.Nodes;

/// <summary>
/// One session of one node, from hello to hang-up: beats renew the lease, reports become status (fenced by the session's epoch), and the agent
/// hears of its pods and of the other nodes.
/// </summary>
sealed partial class AgentSession(
    ClusterStore store, NodeSessions sessions, NodeCalls calls, HeardMetrics metrics, ControlPlaneOptions options, TimeProvider clock, ILogger<AgentSession> log)
{
    /// <summary>Messages waiting to be sent; an agent that does not read them is hung up on.</summary>
    const int Window = 256;

    /// <summary>How long changes are gathered before the agent hears of them.</summary>
    static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(5);

    readonly ClockSkew _skew = new();
    readonly Channel<ServerMessage> _outgoing = Channel.CreateBounded<ServerMessage>(Window);

    /// <param name="caller">The name in the agent's certificate: the only node that it may speak for.</param>
    public async Task RunAsync(string caller, IAsyncStreamReader<AgentMessage> incoming, IServerStreamWriter<ServerMessage> outgoing, CancellationToken token)
    {
        if (!await incoming.MoveNext(token) || incoming.Current.Hello?.Node is not { } hello)
            throw RpcErrors.Invalid("the first message of a session is the hello");
        if (!sessions.CanRenew) throw NoLeases();
        if (hello.Name != caller) throw NotYours($"node {hello.Name} is not {caller}: an agent speaks for its own node only");
        var session = await RpcErrors.Translated(() => OpenAsync(hello.ToResource<Node>(), incoming.Current.Hello.Starts, token));
        Opened(session.Node, session.Epoch);
        calls.Attach(session.Node, _outgoing.Writer);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(token);
        var loops = new[] { SendAsync(outgoing, over.Token), FollowAsync(session.Node, incoming.Current.Hello.TakesChanges, over.Token), ReceiveAsync(session, incoming, over.Token) };
        try
        {
            await await Task.WhenAny(loops);
        }
        catch (Exception ended) when (ended is OperationCanceledException or IOException || (ended is InvalidOperationException && token.IsCancellationRequested))
        {
            // The agent hung up.
        }
        catch (Exception failure) when (RpcErrors.Translation(failure) is { } translated)
        {
            throw translated;
        }
        finally
        {
            calls.Detach(session.Node, _outgoing.Writer);
            _outgoing.Writer.TryComplete();
            await over.CancelAsync();
            await Task.WhenAll(loops.Select(loop => loop.ContinueWith(static _ => { }, TaskScheduler.Default)));
            Closed(session.Node, session.Epoch);
        }
    }

    async Task<NodeSession> OpenAsync(Node said, bool starts, CancellationToken token)
    {
        var known = store.Current.Find<Node>(Node.KindName, "", said.Name);
        var node = said with { Metadata = said.Metadata with { Uid = known?.Metadata.Uid ?? Guid.NewGuid().ToString() } };
        var command = new Command(Guid.NewGuid().ToString("N"), clock.GetUtcNow(), $"node/{said.Name}") { Operations = [.. starts ? NodeDrain.Undo(store.Current, said.Name) : [], new OpenSession(node)] };
        var result = await store.WriteAsync(command, token);
        if (result is not Applied applied) throw RpcErrors.Of(result);
        await sessions.OpenAsync(said.Name, applied.Revision, token);
        await _outgoing.Writer.WriteAsync(new ServerMessage
        {
            Welcome = new Welcome { SessionEpoch = applied.Revision, Server = options.ServerName, LeaseSeconds = options.NodeLease.TotalSeconds },
        }, token);
        return new NodeSession(said.Name, applied.Revision);
    }

    async Task SendAsync(IServerStreamWriter<ServerMessage> outgoing, CancellationToken token)
    {
        await foreach (var message in _outgoing.Reader.ReadAllAsync(token)) await outgoing.WriteAsync(message, token);
    }

    async Task ReceiveAsync(NodeSession session, IAsyncStreamReader<AgentMessage> incoming, CancellationToken token)
    {
        while (await incoming.MoveNext(token))
        {
            var message = incoming.Current;
            switch (message.MessageCase)
            {
                case AgentMessage.MessageOneofCase.Beat:
                    if (await BeatAsync(session, token))
                        await _outgoing.Writer.WriteAsync(new ServerMessage { Beat = new Beat { Sequence = message.Beat.Sequence } }, token);
                    await TakeAsync(session, message.Beat, token);
                    break;
                case AgentMessage.MessageOneofCase.Report:
                    await Task.WhenAll(message.Report.Pods.Select(pod => TakeAsync(session, pod, token)));
                    await _outgoing.Writer.WriteAsync(new ServerMessage { Reported = new Reported { Sequence = message.Report.Sequence } }, token);
                    break;
                case AgentMessage.MessageOneofCase.Metrics:
                    metrics.Heard(session.Node, message.Metrics);
                    break;
                case AgentMessage.MessageOneofCase.Hello or AgentMessage.MessageOneofCase.None:
                    throw RpcErrors.Invalid("a session has one hello, at its start");
            }
        }
    }

    /// <summary>True when the lease was renewed; without that the agent gets no answer, and its own clock tells it when the lease is over.</summary>
    async Task<bool> BeatAsync(NodeSession session, CancellationToken token)
    {
        switch (await sessions.BeatAsync(session.Node, session.Epoch, token))
        {
            case BeatAnswer.Renewed:
                return true;
            case BeatAnswer.Superseded:
                Superseded(session.Node, session.Epoch);
                throw new RpcException(new Status(StatusCode.Aborted, $"node {session.Node} has opened a newer session"));
            case BeatAnswer.Unavailable:
                LeaseUnavailable(session.Node);
                return sessions.CanRenew ? false : throw NoLeases();
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    async Task TakeAsync(NodeSession session, PodReport report, CancellationToken token)
    {
        var key = new ResourceKey(Pod.KindName, report.Namespace, report.Name);
        // What this server has not heard of yet is looked for where it must be.
        var pod = store.Current.Find(key) ?? (await store.ReadAsync(token)).Find(key);
        if (pod is not Pod { } told || told.Metadata.Uid != report.Uid) return; // a pod that is gone needs no status
        if (told.Spec.NodeName != session.Node) throw NotYours($"{key} is not a pod of node {session.Node}");
        Operation operation = report.Removed
            ? new Delete(key, report.Uid, GraceSeconds: 0)
            : new UpdateStatus(new Pod
            {
                Metadata = new ObjectMeta { Name = report.Name, Namespace = report.Namespace, Uid = report.Uid },
                Status = ModelJson.Decode<PodStatus>(report.Status.Span),
            });
        var command = new Command(Guid.NewGuid().ToString("N"), clock.GetUtcNow(), $"node/{session.Node}")
        {
            Fence = new Fence { Session = session },
            Operations = [operation],
        };
        switch (await store.WriteAsync(command, token))
        {
            case Applied or NotFound:
                break; // a pod that is gone needs no status
            case Fenced:
                Superseded(session.Node, session.Epoch);
                throw new RpcException(new Status(StatusCode.Aborted, $"node {session.Node} has opened a newer session"));
            case var refused:
                throw RpcErrors.Of(refused);
        }
    }

    /// <summary>What the node is short of, and that its clock is off, becomes its conditions. What can't be written now is told again with the next beat.</summary>
    async Task TakeAsync(NodeSession session, Beat beat, CancellationToken token)
    {
        var now = clock.GetUtcNow();
        var ahead = beat.UnixMilliseconds > 0 ? _skew.Heard(DateTimeOffset.FromUnixTimeMilliseconds(beat.UnixMilliseconds), now) : null;
        if (store.Current.Find<Node>(Node.KindName, "", session.Node) is not { } node) return;
        var pressed = NodePressure.Told(node, beat.Pressures, now);
        var skewed = ahead is { } known ? ClockSkew.Told(pressed ?? node, known, now) : null;
        if ((skewed ?? pressed) is not { } told) return;
        var command = new Command(Guid.NewGuid().ToString("N"), now, $"node/{session.Node}") { Fence = new Fence { Session = session }, Operations = [new UpdateStatus(told)] };
        try
        {
            if (await store.WriteAsync(command, token) is not Applied) return;
            if (pressed is not null) Pressed(session.Node, beat.Pressures.Count == 0 ? "nothing" : string.Join(", ", beat.Pressures));
            if (skewed is not null && told.Status.Conditions.Find(NodeConditions.ClockSkewed) is { } condition) Skewed(session.Node, condition.Message ?? "");
        }
        catch (StoreUnavailableException)
        {
            // As said above.
        }
    }

    /// <summary>Tells the agent what its pods and its peers are, now and after every change.</summary>
    async Task FollowAsync(string node, bool takesChanges, CancellationToken token)
    {
        var told = new ToldPods(takesChanges);
        Contents? contents = null;
        Peers? nodes = null;
        while (true)
        {
            var state = store.Current;
            var placed = state.All<Pod>(Pod.KindName).Where(pod => pod.Spec.NodeName == node).ToList();
            var references = placed.SelectMany(pod => pod.Spec.References(pod.Namespace).Concat(pod.Spec.Claims(pod.Namespace))).ToHashSet();

            // First, so that no pod begins without what it refers to.
            var contentsNow = ContentsOf(state, references);
            if (!contentsNow.Equals(contents)) await _outgoing.Writer.WriteAsync(new ServerMessage { Contents = contentsNow }, token);
            contents = contentsNow;
            if (told.Next(state.Revision, placed) is { } pods) await _outgoing.Writer.WriteAsync(new ServerMessage { Pods = pods }, token);
            var nodesNow = PeersOf(state);
            if (!nodesNow.Equals(nodes)) await _outgoing.Writer.WriteAsync(new ServerMessage { Peers = nodesNow }, token);
            nodes = nodesNow;
            await store.ChangeAsync(state.Revision, change =>
                change.Key.Kind == Node.KindName || ServerInfo.Is(change.Key) || references.Contains(change.Key) || IsOn(node, change.Before) || IsOn(node, change.After), token);
            await Task.Delay(Gathering, clock, token);
        }
    }

    // A node that stayed here would lose its lease, and with it its pods, while another server could renew it.
    static RpcException NoLeases() => RpcErrors.Unavailable("this server can't renew leases at the moment; another one may");

    static RpcException NotYours(string why) => new(new Status(StatusCode.PermissionDenied, why));

    static bool IsOn(string node, Resource? resource) => resource is Pod pod && pod.Spec.NodeName == node;

    /// <summary>An agent gets no content but that of its own pods.</summary>
    static Contents ContentsOf(ClusterState state, HashSet<ResourceKey> references)
    {
        var contents = new Contents();
        contents.Contents_.AddRange(references.Select(state.Find).OfType<Resource>().OrderBy(each => each.Key.ToString(), StringComparer.Ordinal).Select(each => each.ToMessage()));
        return contents;
    }

    Peers PeersOf(ClusterState state)
    {
        var peers = new Peers { ClusterCidr = options.ClusterCidr.ToString() };
        peers.Nodes.AddRange(state.All<Node>(Node.KindName).Select(node => new PeerNode
        {
            Name = node.Name,
            Address = node.Status.InternalIp() ?? "",
            PodCidr = node.Spec.PodCidr ?? "",
        }));
        peers.Servers.AddRange(ServerInfo.All(state).Select(server => server.Api));
        return peers;
    }

    [LoggerMessage(EventIds.NodePressed, LogLevel.Warning, "Node {Node} is pressed by {Pressures}")]
    partial void Pressed(string node, string pressures);

    [LoggerMessage(EventIds.NodeSkewed, LogLevel.Warning, "Node {Node}: {What}")]
    partial void Skewed(string node, string what);

    [LoggerMessage(EventIds.SessionOpened, LogLevel.Information, "Node {Node} has opened session {Epoch}")]
    partial void Opened(string node, long epoch);

    [LoggerMessage(EventIds.SessionClosed, LogLevel.Information, "Session {Epoch} of node {Node} is over")]
    partial void Closed(string node, long epoch);

    [LoggerMessage(EventIds.SessionSuperseded, LogLevel.Information, "Session {Epoch} of node {Node} has been superseded by a newer one")]
    partial void Superseded(string node, long epoch);

    [LoggerMessage(EventIds.SessionUnavailable, LogLevel.Warning, "The lease of node {Node} could not be renewed: its session grain does not answer")]
    partial void LeaseUnavailable(string node);
}
