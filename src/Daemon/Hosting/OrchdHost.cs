using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using OpenTelemetry.Metrics;
using Orchestrator.ControlPlane;
using Orchestrator.ControlPlane.Nodes;
using Orchestrator.ControlPlane.Nodes.Silo;
using Orchestrator.ControlPlane.Security;
using Orchestrator.ControlPlane.Store;
using Orchestrator.Ingress;
using Orchestrator.NodeAgent;
using Serilog;
using Serilog.Extensions.Logging;

namespace Orchestrator.Daemon.Hosting;

/// <summary>Composes one orchd process from its parts and runs it until it is told to stop.</summary>
static partial class OrchdHost
{
    public static async Task<int> RunAsync(ServerSettings settings, CancellationToken token)
    {
        if (settings.Agent) Machine.CheckForContainers();
        Machine.CheckDirectory(settings.DataDirectory);
        Listening.Check(settings);
        await using var log = Logs.Create(settings);
        using var logs = new SerilogLoggerFactory(log);
        var membership = await Membership.PrepareAsync(settings, TimeProvider.System, log, token);
        using var peers = new PeerClients(membership.Files);
        var gate = new Gate(membership.Files, logs);
        var store = settings.Server ? await OpenStoreAsync(settings, membership, gate, peers, logs, token) : null;
        Announce(log, settings);
        await using var app = Build(settings, membership, gate, store, peers, log);
        await app.StartAsync(token);
        log.Information("{Name} is up", settings.Name);
        if (membership.Founded) await JoinCommands.PrintAsync(settings, app.Services.GetRequiredService<ClusterAuthority>(), token);
        var failed = store?.Failed ?? new TaskCompletionSource<Exception>().Task; // without a store nothing of it can fail
        var stopped = StoppedAsync(app, settings.DrainPatience is { } patience ? () => new Draining(membership, TimeProvider.System, log).RunAsync(patience) : null, token);
        var first = await Task.WhenAny(stopped, failed);
        if (first == failed)
        {
            log.Fatal(await failed, "The log of the store failed: this server stops, and its data stay as they are");
            await app.StopAsync(CancellationToken.None);
        }

        await stopped;
        if (store is not null) await store.DisposeAsync();
        return first == failed ? 1 : 0;
    }

    /// <param name="before">What is done between the signal and the stop, while everything still runs.</param>
    static async Task StoppedAsync(WebApplication app, Func<Task>? before, CancellationToken token)
    {
        var stopping = app.Lifetime.ApplicationStopping;
        using var asked = CancellationTokenSource.CreateLinkedTokenSource(token, stopping);
        await Task.Delay(Timeout.InfiniteTimeSpan, asked.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (before is not null && !stopping.IsCancellationRequested) await before();
        app.Lifetime.StopApplication();
        await app.WaitForShutdownAsync(CancellationToken.None);
    }

    static WebApplication Build(ServerSettings settings, Membership membership, Gate gate, ClusterStore? store, PeerClients peers, Serilog.ILogger log)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ApplicationName = "orchd", ContentRootPath = AppContext.BaseDirectory });
        builder.Configuration.Sources.Clear();
        builder.Services.AddSerilog(log);
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton<IHostLifetime, SignalsAreHeardElsewhere>();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(5));
        builder.Services.AddOpenTelemetry().WithMetrics(metrics => metrics
            .AddMeter("Orchestrator.*", "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime")
            .AddPrometheusExporter());
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            if (store is not null) kestrel.Listen(settings.Advertise, settings.Ports.Api, listen =>
            {
                listen.Protocols = HttpProtocols.Http2;
                listen.UseHttps(Doors.Tls(gate));
            });
            kestrel.Listen(settings.Health, listen => listen.Protocols = HttpProtocols.Http1);
        });
        if (store is not null)
        {
            var options = new ControlPlaneOptions(settings.Name, settings.ApiOf(settings.Advertise))
            {
                Version = Version.Text,
                NodeLease = settings.NodeLease,
                CertificateLife = settings.CertificateLife,
                Learner = settings.Learner,
                AdminFile = Path.Combine(settings.DataDirectory, "admin.json"),
            };
            builder.Services.AddControlPlane(store, peers, gate, membership.Servers, options, new SiloEndpoint(new IPEndPoint(settings.Advertise, settings.Ports.Silo)));
        }

        builder.Services.AddHostedService(_ => new CertificateRenewal(membership, TimeProvider.System, log));
        builder.Services.AddHostedService(services => new ServiceNotice(settings, services.GetRequiredService<IHostApplicationLifetime>(), TimeProvider.System, store));
        if (settings.Agent) builder.Services.AddHostedService(services => new AgentHost(AgentOptions(settings, membership), services));
        if (settings.Ingress is { } ingress)
            builder.Services.AddIngress(new IngressOptions(settings.Name, ingress, membership.Servers)
            {
                TlsEndpoint = settings.IngressTls,
                ProxyProtocolFrom = settings.IngressProxyProtocol,
                AccessLog = settings.IngressAccessLog,
                TableFile = Path.Combine(settings.DataDirectory, "routes"),
                ConfigureConnections = membership.Files.Secure,
            });

        var app = builder.Build();
        app.MapHealth($"*:{settings.Ports.Http}");
        if (store is not null) app.MapControlPlane();
        return app;
    }

    static async Task<ClusterStore> OpenStoreAsync(ServerSettings settings, Membership membership, Gate gate, PeerClients peers, SerilogLoggerFactory logs, CancellationToken token)
    {
        var options = StoreSettings.Of(settings, new ServerTls(gate, "Raft"), membership.HasJoined);
        if (ClusterStore.IsNew(options)) options = await membership.EnterStoreAsync(settings, options, peers, token);
        var others = membership.Servers.Where(server => server != settings.ApiOf(settings.Advertise)).ToList();
        try
        {
            return await OpenAsync();
        }
        catch (CorruptDataException damage) when (others.Count > 0)
        {
            logs.CreateLogger("orchd").RebuildStarts(damage.Message);
            await RebuildAsync(options, [.. others.Select(peers.At)], damage, token);
            return await OpenAsync();
        }

        Task<ClusterStore> OpenAsync() => ClusterStore.OpenAsync(options, member => peers.At(member.Peer), TimeProvider.System, logs, token);
    }

    /// <summary>Goes on asking: the others may be starting, too.</summary>
    static async Task RebuildAsync(StoreOptions options, IReadOnlyList<Contracts.Peer.PeerClient> others, CorruptDataException damage, CancellationToken token)
    {
        while (true)
        {
            try
            {
                await ClusterStore.RebuildAsync(options, others, damage, token);
                return;
            }
            catch (NoLeaderException)
            {
                await Task.Delay(TimeSpan.FromSeconds(1), token);
            }
        }
    }

    /// <param name="membership">Null to clean up only.</param>
    public static NodeAgentOptions AgentOptions(ServerSettings settings, Membership? membership = null) => new()
    {
        NodeName = settings.Name,
        Address = settings.Advertise,
        DataDirectory = Path.Combine(settings.DataDirectory, "agent"),
        RunDirectory = settings.RunDirectory,
        Servers = membership?.Servers ?? (IReadOnlyList<Uri>)[],
        ServersHeard = membership is null ? null : membership.Servers.Heard,
        ConfigureConnections = membership is null ? null : membership.Files.Secure,
        Labels = WithRoles(settings),
        Taints = settings.Taints,
        SystemReserved = settings.SystemReserved,
        ImageGcHighPercent = settings.ImageGcHighPercent,
        EvictionHard = settings.EvictionHard,
        CniConfigurations = settings.CniConfigurations,
        CniPlugins = settings.CniPlugins,
        CgroupRoot = settings.CgroupRoot,
        Registries = new NodeAgent.Images.RegistryOptions { Insecure = settings.InsecureRegistries.ToHashSet(StringComparer.Ordinal) },
    };

    /// <summary>The given labels and the roles that this process has, as <c>get nodes</c> shows them.</summary>
    static Dictionary<string, string> WithRoles(ServerSettings settings)
    {
        var labels = new Dictionary<string, string>(settings.Labels, StringComparer.Ordinal);
        if (settings.Server) labels.TryAdd("node-role.kubernetes.io/control-plane", "");
        if (settings.Ingress is not null) labels.TryAdd("node-role.kubernetes.io/ingress", "");
        return labels;
    }

    static void Announce(Serilog.ILogger log, ServerSettings settings)
    {
        log.Information("orchd {Version} as {Name}, data in {Directory}", Version.Text, settings.Name, settings.DataDirectory);
        if (settings.Server)
        {
            log.Information("listens on {Address} with mutual TLS: API {Api}, Raft {Raft}, sessions {Silo}",
                settings.Advertise, settings.Ports.Api, settings.Ports.Raft, settings.Ports.Silo);
        }

        log.Information("health and metrics, for this machine only, on {Health}", settings.Health);
        if (settings.Ingress is { } ingress) log.Information("takes requests from outside on {Ingress}", ingress);
    }

    /// <summary>The command line turns signals into the cancellation of what runs; the framework's own hearing would stop it before its time.</summary>
    sealed class SignalsAreHeardElsewhere : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    [LoggerMessage(100, LogLevel.Error, "{Damage} This server is being rebuilt from the others")]
    static partial void RebuildStarts(this Microsoft.Extensions.Logging.ILogger log, string damage);
}
