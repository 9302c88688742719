using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using OpenTelemetry.Metrics;
using Orchestrator.ControlPlane;
using Orchestrator.ControlPlane.Nodes;
using Orchestrator.ControlPlane.Nodes.Silo;
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
        using var peers = new PeerClients();
        var store = settings.Server ? await OpenStoreAsync(settings, peers, logs, token) : null;
        Announce(log, settings);
        await using var app = Build(settings, store, peers, log);
        await app.StartAsync(token);
        log.Information("{Name} is up", settings.Name);
        var failed = store?.Failed ?? new TaskCompletionSource<Exception>().Task; // without a store nothing of it can fail
        var stopped = app.WaitForShutdownAsync(token);
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

    static WebApplication Build(ServerSettings settings, ClusterStore? store, PeerClients peers, Serilog.ILogger log)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ApplicationName = "orchd", ContentRootPath = AppContext.BaseDirectory });
        builder.Configuration.Sources.Clear();
        builder.Services.AddSerilog(log);
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(5));
        builder.Services.AddOpenTelemetry().WithMetrics(metrics => metrics
            .AddMeter("Orchestrator.*", "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime")
            .AddPrometheusExporter());
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            if (store is not null) kestrel.Listen(settings.Advertise, settings.Ports.Api, listen => listen.Protocols = HttpProtocols.Http2);
            kestrel.Listen(settings.Advertise, settings.Ports.Http, listen => listen.Protocols = HttpProtocols.Http1);
        });
        if (store is not null)
        {
            var options = new ControlPlaneOptions(settings.Name, settings.ApiOf(settings.Advertise)) { Version = Version.Text };
            builder.Services.AddControlPlane(store, peers, options, new SiloEndpoint(new IPEndPoint(settings.Advertise, settings.Ports.Silo)));
        }

        if (settings.Agent) builder.Services.AddHostedService(services => new AgentHost(AgentOptions(settings), services));
        if (settings.Ingress is { } ingress)
            builder.Services.AddIngress(new IngressOptions(settings.Name, ingress, [.. ServersFor(settings)]));

        var app = builder.Build();
        app.MapHealth($"*:{settings.Ports.Http}");
        if (store is not null) app.MapControlPlane();
        return app;
    }

    static async Task<ClusterStore> OpenStoreAsync(ServerSettings settings, PeerClients peers, SerilogLoggerFactory logs, CancellationToken token)
    {
        var options = StoreSettings.Of(settings);
        if (ClusterStore.IsNew(options)) await Joining.PrepareAsync(settings, options, peers, token);
        try
        {
            return await OpenAsync();
        }
        catch (CorruptDataException damage) when (settings.Servers.Any(each => !each.Equals(settings.Advertise)))
        {
            logs.CreateLogger("orchd").RebuildStarts(damage.Message);
            await RebuildAsync(settings, options, peers, damage, token);
            return await OpenAsync();
        }

        Task<ClusterStore> OpenAsync() => ClusterStore.OpenAsync(options, member => peers.At(member.Peer), TimeProvider.System, logs, token);
    }

    /// <summary>Goes on asking: the others may be starting, too.</summary>
    static async Task RebuildAsync(ServerSettings settings, StoreOptions options, PeerClients peers, CorruptDataException damage, CancellationToken token)
    {
        var others = settings.Servers.Where(each => !each.Equals(settings.Advertise)).Select(each => peers.At(settings.ApiOf(each))).ToList();
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

    public static NodeAgentOptions AgentOptions(ServerSettings settings) => new()
    {
        NodeName = settings.Name,
        Address = settings.Advertise,
        DataDirectory = Path.Combine(settings.DataDirectory, "agent"),
        RunDirectory = settings.RunDirectory,
        Servers = [.. ServersFor(settings)],
        Labels = WithRoles(settings),
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

    /// <summary>This server first, when it is one: the shortest way.</summary>
    static IEnumerable<Uri> ServersFor(ServerSettings settings) => settings.Servers
        .OrderByDescending(address => settings.Server && address.Equals(settings.Advertise))
        .Select(settings.ApiOf);

    static void Announce(Serilog.ILogger log, ServerSettings settings)
    {
        log.Information("orchd {Version} as {Name}, data in {Directory}", Version.Text, settings.Name, settings.DataDirectory);
        if (settings.Server)
        {
            log.Information("listens on {Address} only, without TLS: API {Api}, Raft {Raft}, sessions {Silo}, health and metrics {Http}",
                settings.Advertise, settings.Ports.Api, settings.Ports.Raft, settings.Ports.Silo, settings.Ports.Http);
        }

        if (settings.Ingress is { } ingress) log.Information("takes requests from outside on {Ingress}", ingress);
    }

    [LoggerMessage(100, LogLevel.Error, "{Damage} This server is being rebuilt from the others")]
    static partial void RebuildStarts(this Microsoft.Extensions.Logging.ILogger log, string damage);
}
