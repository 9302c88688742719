using System.Net;
using System.Net.WebSockets;
using Orchestrator.Load.Running;
using Orchestrator.Testing;
using Orchestrator.Testing.Clusters;

namespace Orchestrator.Load.Scenarios;

/// <summary>
/// Everything that moves pods on purpose, one after the other, and the loss of leaders, under pages over HTTP/1.1 and HTTP/2, long downloads and websockets: nobody outside notices.
/// The ingresses are processes of their own, so that a server that is killed takes none with it.
/// </summary>
/// <param name="length">Of the whole.</param>
sealed class Hitless(TimeSpan length) : Scenario
{
    const string Site = "hitless", Domain = $"{Site}.example";
    const int Rate = 200, WebPort = 8080, TlsPort = 8443;

    /// <summary>Of so many requests five are over HTTP/2, one is a download and one a websocket; the others are pages over HTTP/1.1.</summary>
    const int Cycle = 20;

    const int DownloadBytes = 1_000_000, Messages = 20;

    static readonly TimeSpan BetweenMessages = TimeSpan.FromMilliseconds(100);

    readonly List<RunningProgram> _ingresses = [];
    readonly List<HttpMessageInvoker> _clients = [];
    int _rollouts, _scales, _drains, _rebalances, _leaders;

    public override string Name => "hitless";

    public override string Description =>
        "pages over HTTP/1.1 and HTTP/2, downloads of 2 s and websockets of 2 s through "
        + (_rollouts > 0 ? $"{_rollouts} rollouts, {_scales} scale-ins, {_drains} drains, {_rebalances} rebalances and {_leaders} killed leaders" : "rollouts, scale-ins, drains, rebalances and killed leaders");

    public override IReadOnlyList<Stage> Stages => [Stage.Steady(Rate, length.TotalSeconds)];

    // A download and a websocket take two seconds by themselves.
    public override Threshold Threshold => new(0, 4000);

    public override async Task PrepareAsync(LoadedCluster cluster, CancellationToken token)
    {
        var (lan, directory) = (cluster.Cluster.Lan, cluster.Cluster.Lan.Directory);
        await cluster.Cluster.OrchAsync("image", "import", await TestImage.Backend.ArchiveAsync());
        await Shell.RunAsync("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", $"/CN={Domain}",
            "-addext", $"subjectAltName=DNS:{Domain}", "-keyout", $"{directory}/site.key", "-out", $"{directory}/site.pem");
        await cluster.Cluster.OrchAsync("create", "secret", "tls", Site, "--cert", $"{directory}/site.pem", "--key", $"{directory}/site.key");
        await cluster.Cluster.ApplyAsync(Manifests.Site(Site, replicas: 6, image: TestImage.Backend.Name, tls: Site));
        await cluster.Cluster.OrchAsync("rollout", "status", $"deployment/{Site}", "--timeout", "60s");
        foreach (var host in cluster.Cluster.Hosts.Take(2)) await StartIngressAsync(cluster, host, token);
        foreach (var client in _clients)
        {
            foreach (var version in (Version[])[HttpVersion.Version11, HttpVersion.Version20])
                await Eventually.HoldsAsync(async () => (await TryAsync(() => PageAsync(client, version, token))).Ok, "a page of the site", lan.LogTails);
        }
    }

    public override Task<Outcome> StepAsync(LoadedCluster cluster, long number, CancellationToken token)
    {
        var client = _clients[(int)(number / Cycle % _clients.Count)];
        return (number % Cycle) switch
        {
            0 => DownloadAsync(client, token),
            1 => EchoAsync(client, token),
            < 7 => PageAsync(client, HttpVersion.Version20, token),
            _ => PageAsync(client, HttpVersion.Version11, token),
        };
    }

    public override async Task MeanwhileAsync(LoadedCluster cluster, CancellationToken token)
    {
        var (all, site) = (cluster.Cluster, $"deployment/{Site}");
        for (var turn = 0; !token.IsCancellationRequested; turn++)
        {
            await all.OrchAsync("rollout", "restart", site);
            await DoneAsync();
            _rollouts++;
            await all.OrchAsync("scale", site, "--replicas", "3");
            await DoneAsync();
            _scales++;
            await all.OrchAsync("scale", site, "--replicas", "6");
            await DoneAsync();
            if (token.IsCancellationRequested) break;
            var host = all.Hosts[turn % all.Hosts.Count];
            await all.OrchAsync("drain", host.Name, "--ignore-daemonsets", "--timeout", "60s");
            await all.OrchAsync("uncordon", host.Name);
            _drains++;
            await all.OrchAsync("rebalance");
            await DoneAsync();
            _rebalances++;
            if (token.IsCancellationRequested) break;
            var leader = await all.SomeLeaderAsync();
            await leader.KillAsync();
            all.Start(leader);
            await all.HoldsAsync(async () => await all.ReadyNodesAsync() == all.Hosts.Count && (await all.TryOrchAsync("cluster", "status")).Output.Contains($"{all.Hosts.Count} of {all.Hosts.Count} servers", StringComparison.Ordinal), "the killed server");
            _leaders++;
        }

        Task DoneAsync() => all.OrchAsync("rollout", "status", site, "--timeout", "60s");
    }

    public override async ValueTask CleanAsync()
    {
        foreach (var client in _clients) client.Dispose();
        foreach (var ingress in _ingresses) await ingress.DisposeAsync();
    }

    static async Task<Outcome> PageAsync(HttpMessageInvoker client, Version version, CancellationToken token)
    {
        using var answer = await SendAsync(client, "/", version, token);
        var text = await answer.Content.ReadAsStringAsync(token);
        if (answer.StatusCode != HttpStatusCode.OK) return Outcome.Failed($"HTTP/{version}: status {(int)answer.StatusCode}");
        return text.StartsWith("Hello", StringComparison.Ordinal) ? Outcome.Good : Outcome.Failed($"HTTP/{version}: half a page");
    }

    static async Task<Outcome> DownloadAsync(HttpMessageInvoker client, CancellationToken token)
    {
        using var answer = await SendAsync(client, "/download", HttpVersion.Version11, token);
        var bytes = await answer.Content.ReadAsByteArrayAsync(token);
        return answer.StatusCode == HttpStatusCode.OK && bytes.Length == DownloadBytes ? Outcome.Good : Outcome.Failed($"download: status {(int)answer.StatusCode}, {bytes.Length} bytes");
    }

    static async Task<Outcome> EchoAsync(HttpMessageInvoker client, CancellationToken token)
    {
        using var socket = new ClientWebSocket();
        await socket.ConnectAsync(new Uri($"ws://{Domain}:{WebPort}/echo"), client, token);
        var buffer = new byte[1];
        for (byte number = 0; number < Messages; number++)
        {
            await socket.SendAsync(new[] { number }, WebSocketMessageType.Binary, endOfMessage: true, token);
            var echo = await socket.ReceiveAsync(buffer, token);
            if (echo.Count != 1 || buffer[0] != number) return Outcome.Failed($"websocket: {echo.MessageType} instead of an echo");
            await Task.Delay(BetweenMessages, token);
        }

        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, token);
        return Outcome.Good;
    }

    static async Task<Outcome> TryAsync(Func<Task<Outcome>> step)
    {
        try
        {
            return await step();
        }
        catch (HttpRequestException refused)
        {
            return Outcome.Failed(refused.Message);
        }
    }

    // Over TLS both sides agree on HTTP/2; there is none in the clear.
    static async Task<HttpResponseMessage> SendAsync(HttpMessageInvoker client, string path, Version version, CancellationToken token)
    {
        var root = version == HttpVersion.Version20 ? $"https://{Domain}:{TlsPort}" : $"http://{Domain}:{WebPort}";
        using var request = new HttpRequestMessage(HttpMethod.Get, root + path) { Version = version, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        return await client.SendAsync(request, token);
    }

    async Task StartIngressAsync(LoadedCluster cluster, LanHost host, CancellationToken token)
    {
        var name = $"edge-{host.Name}";
        var data = $"{cluster.Cluster.Lan.Directory}/{name}";
        var ingress = RunningProgram.Start(host.Namespace.Enter(
            Programs.Orchd, "ingress", "--name", name, "--advertise", host.Address, "--data-dir", data, "--port", "7440", "--ingress-port", $"{WebPort}", "--ingress-tls-port", $"{TlsPort}",
            "--join", $"{cluster.Cluster.Hosts[2].Address}:6440", "--token", await cluster.Cluster.TokenAsync("ingress")));
        _ingresses.Add(ingress);
        // Whatever the name in a request, its connection goes to this host.
        var handler = cluster.Cluster.Lan.Outer.Handler(IPAddress.Parse(host.Address));
        handler.SslOptions.RemoteCertificateValidationCallback = (_, shown, _, _) => shown is not null; // a certificate of today's own
        _clients.Add(new HttpMessageInvoker(handler));
    }
}
