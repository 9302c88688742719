using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Extensions.Logging;
using Orchestrator.Contracts;
using Orchestrator.Model.Meta;
using Orchestrator.Model.Pods;
using Orchestrator.NodeAgent.Contents;
using Orchestrator.NodeAgent.Journal;
using Orchestrator.NodeAgent.Metrics;
using Orchestrator.NodeAgent.Pods;
using Orchestrator.NodeAgent.Pressure;

namespace Orchestrator.NodeAgent.Session;

/// <summary>
/// The agent's line to the control plane: one session at a time, with any server, begun again for ever. Pods run
/// whether it stands or not.
/// </summary>
sealed partial class ControlPlaneSession(
    NodeAgentOptions options, AgentPods pods, ContentStore contents, AgentNetwork network, ReportBox reports, CallServer calls, ServiceFollower services,
    Withdrawals withdrawals, Meter meter, PressureWatch pressure, NodeLease lease, TimeProvider time, ILogger log)
{
    static readonly TimeSpan BeatEvery = TimeSpan.FromSeconds(1);
    const int BeatsPerMetrics = 5;
    static readonly TimeSpan WelcomeTimeout = TimeSpan.FromSeconds(10);
    internal static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(200);
    // A dead server and the pause after it must cost less than a lease, or a living node is lost with the server it happened to try.
    static readonly TimeSpan LongestRetry = TimeSpan.FromSeconds(1);
    internal static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(1);
    // Logs and images travel on streams of their own in small frames; this bounds the list of all pods.
    const int MessageBytes = 64 * 1024 * 1024;

    /// <summary>
    /// How long a server may say nothing. It answers every beat, so it is as good as gone then; and what is left of the lease has to be enough to
    /// find another one, or a living node is lost with the server that it happened to use.
    /// </summary>
    internal static TimeSpan Silence(TimeSpan lease) => lease / 2 > BeatEvery * 1.5 ? lease / 2 : BeatEvery * 1.5;

    bool _welcomed;

    public async Task RunAsync(CancellationToken cancel)
    {
        var retry = FirstRetry;
        for (var turn = 0; !cancel.IsCancellationRequested; turn++)
        {
            Uri[] servers = [.. options.Servers]; // they come and go
            var server = servers[turn % servers.Length];
            try
            {
                var welcomed = await OneAsync(server, cancel);
                retry = welcomed ? FirstRetry : retry;
            }
            catch (OperationCanceledException) when (cancel.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                LogSessionEnded(log, server, e is RpcException rpc ? rpc.Status.Detail : e.Message);
            }

            await Task.Delay(retry, time, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            retry = retry * 2 < LongestRetry ? retry * 2 : LongestRetry;
        }
    }

    async Task<bool> OneAsync(Uri server, CancellationToken cancel)
    {
        using var channel = Open(server);
        Nodes.NodesClient client = new(channel);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        using var call = client.Session(cancellationToken: ending.Token);
        ending.CancelAfter(WelcomeTimeout);
        await call.RequestStream.WriteAsync(new AgentMessage { Hello = new Hello { Node = MachineFacts.Describe(options).ToMessage(), TakesChanges = true, Starts = !_welcomed } }, ending.Token);
        if (!await call.ResponseStream.MoveNext(ending.Token) || call.ResponseStream.Current.Welcome is not { } welcome)
            throw new IOException("the server did not welcome this node");
        _welcomed = true;
        LogWelcome(log, welcome.Server, welcome.SessionEpoch);
        lease.Begin();
        // The new session's server knows nothing of what was told to another that may not have passed it on.
        foreach (var runner in pods.All())
            pods.TellAgain(runner);

        withdrawals.Use(client);
        var following = services.FollowAsync(client, ending.Token);
        var sending = SendAsync(call.RequestStream, ending.Token);
        try
        {
            await ReceiveAsync(call.ResponseStream, client, TimeSpan.FromSeconds(welcome.LeaseSeconds), ending);
        }
        finally
        {
            await ending.CancelAsync();
            withdrawals.Use(null);
            await Task.WhenAll(sending, following).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return true;
    }

    async Task SendAsync(IClientStreamWriter<AgentMessage> stream, CancellationToken cancel)
    {
        using PeriodicTimer beats = new(BeatEvery, time);
        var beat = beats.WaitForNextTickAsync(cancel).AsTask();
        long sent = 0;
        for (long sequence = 1; ;)
        {
            var changed = reports.ChangedAsync(sent);
            await Task.WhenAny(beat, changed);
            cancel.ThrowIfCancellationRequested();
            if (changed.IsCompleted)
            {
                var (news, upTo) = reports.Since(sent);
                Report report = new() { Sequence = upTo };
                report.Pods.AddRange(news);
                await stream.WriteAsync(new AgentMessage { Report = report }, cancel);
                sent = upTo;
            }

            if (beat.IsCompleted)
            {
                await beat;
                lease.Sending(sequence);
                Beat told = new() { Sequence = sequence, UnixMilliseconds = time.GetUtcNow().ToUnixTimeMilliseconds() };
                told.Pressures.AddRange(pressure.Told);
                await stream.WriteAsync(new AgentMessage { Beat = told }, cancel);
                if (sequence % BeatsPerMetrics == 1 && meter.Take(pods.All()) is { } metrics)
                    await stream.WriteAsync(new AgentMessage { Metrics = metrics }, cancel);
                sequence++;
                beat = beats.WaitForNextTickAsync(cancel).AsTask();
            }
        }
    }

    async Task ReceiveAsync(IAsyncStreamReader<ServerMessage> stream, Nodes.NodesClient client, TimeSpan leaseLength, CancellationTokenSource ending)
    {
        while (true)
        {
            ending.CancelAfter(Silence(leaseLength));
            if (!await stream.MoveNext(ending.Token))
                throw new IOException("the server ended the session");
            var message = stream.Current;
            switch (message.MessageCase)
            {
                case ServerMessage.MessageOneofCase.Reported:
                    reports.Acknowledged(message.Reported.Sequence);
                    break;
                case ServerMessage.MessageOneofCase.Pods:
                    IReadOnlyList<Pod> wanted = [.. message.Pods.Pods_.Select(pod => pod.ToResource<Pod>())];
                    if (message.Pods.ChangesOnly)
                        pods.Change(wanted, message.Pods.Removed);
                    else
                        pods.Want(wanted);
                    break;
                case ServerMessage.MessageOneofCase.Contents:
                    SetContents([.. message.Contents.Contents_.Select(content => content.ToResource())]);
                    break;
                case ServerMessage.MessageOneofCase.Peers:
                    options.ServersHeard?.Invoke(message.Peers.Servers);
                    await SetNetworkAsync(message.Peers, ending.Token);
                    break;
                case ServerMessage.MessageOneofCase.Call:
                    calls.Begin(client, message.Call, ending.Token);
                    break;
                case ServerMessage.MessageOneofCase.Beat:
                    lease.Renewed(message.Beat.Sequence, leaseLength);
                    pods.LeaseRenewed();
                    break;
                case ServerMessage.MessageOneofCase.Welcome:
                case ServerMessage.MessageOneofCase.None:
                    break;
            }
        }
    }

    void SetContents(IReadOnlyList<Resource> told)
    {
        try
        {
            contents.Set(told);
        }
        catch (IOException e)
        {
            LogContents(log, e.Message);
        }

        pods.ContentChanged();
    }

    async Task SetNetworkAsync(Peers peers, CancellationToken cancel)
    {
        var own = peers.Nodes.FirstOrDefault(node => node.Name == options.NodeName)?.PodCidr ?? "";
        NetworkEntry entry = new(peers.ClusterCidr, own,
            [.. peers.Nodes.Where(node => node.Name != options.NodeName).Select(node => new PeerEntry(node.Name, node.Address, node.PodCidr))]);
        try
        {
            foreach (var problem in await network.SetAsync(entry, cancel))
                LogRoute(log, problem);
        }
        catch (IOException e)
        {
            // Told again with the next change of nodes or the next session; pods say meanwhile what they lack.
            LogNetwork(log, e.Message);
        }
    }

    GrpcChannel Open(Uri server)
    {
        SocketsHttpHandler handler = new()
        {
            ConnectTimeout = ConnectTimeout,
            EnableMultipleHttp2Connections = true,
            UseProxy = false,
        };
        options.ConfigureConnections?.Invoke(handler);
        return GrpcChannel.ForAddress(server, new GrpcChannelOptions { HttpHandler = handler, DisposeHttpClient = true, MaxReceiveMessageSize = MessageBytes });
    }

    [LoggerMessage(130, LogLevel.Information, "session {Epoch} with server {Server}")]
    private static partial void LogWelcome(ILogger log, string server, long epoch);

    [LoggerMessage(131, LogLevel.Warning, "session with {Server} ended: {Why}")]
    private static partial void LogSessionEnded(ILogger log, Uri server, string why);

    [LoggerMessage(132, LogLevel.Error, "a route can't be set: {Problem}")]
    private static partial void LogRoute(ILogger log, string problem);

    [LoggerMessage(134, LogLevel.Error, "ConfigMaps and Secrets can't be kept for a time without a server: {Problem}")]
    private static partial void LogContents(ILogger log, string problem);

    [LoggerMessage(133, LogLevel.Error, "the pod network can't be set: {Problem}")]
    private static partial void LogNetwork(ILogger log, string problem);
}
