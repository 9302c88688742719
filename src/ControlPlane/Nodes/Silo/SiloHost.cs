using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orchestrator.ControlPlane.Security;
using Orchestrator.ControlPlane.Store;
using Orleans.Configuration;

namespace Orchestrator.ControlPlane.Nodes.Silo;

/// <summary>
/// This server's Orleans silo, in a host of its own inside the process: when it fails or is declared dead by the others, it is built anew, and neither
/// the Raft member nor the API notices.
/// </summary>
sealed partial class SiloHost(SiloEndpoint endpoint, Gate gate, ClusterStore store, ControlPlaneOptions options, TimeProvider clock, ILoggerFactory logs) : BackgroundService
{
    /// <summary>The pause before a failed silo is built anew, and between two looks at those that keep it out.</summary>
    static readonly TimeSpan Again = TimeSpan.FromSeconds(1);

    /// <summary>How long a silo may take to leave; one that can't say goodbye is left to its peers.</summary>
    static readonly TimeSpan Goodbye = TimeSpan.FromSeconds(2);

    readonly ILogger _log = logs.CreateLogger<SiloHost>();
    volatile IGrainFactory? _grains;

    /// <summary>Null while the silo is not up.</summary>
    public IGrainFactory? Grains => _grains;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await RunOnceAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failure)
            {
                _grains = null;
                Failed(failure.Message);
                await Task.Delay(Again, clock, stoppingToken);
            }
        }
    }

    async Task RunOnceAsync(CancellationToken stopping)
    {
        await store.ReadAsync(stopping); // the membership table needs a leader
        using var fatal = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        using var table = new CancellationTokenSource();
        using var host = Build(fatal.Cancel, table.Token);
        try
        {
            await JoinAsync(host, fatal.Token);
            _grains = host.Services.GetRequiredService<IGrainFactory>();
            Started(endpoint.Address.ToString());
            await Task.Delay(Timeout.InfiniteTimeSpan, fatal.Token);
        }
        catch (OperationCanceledException) when (!stopping.IsCancellationRequested)
        {
            throw new InvalidOperationException("the other silos have declared this one dead");
        }
        finally
        {
            _grains = null;
            table.CancelAfter(Goodbye);
            await host.StopAsync(table.Token);
        }
    }

    /// <summary>A silo joins when all active ones of the table hear it; meanwhile it is looked after that somebody declares those dead that never will.</summary>
    async Task JoinAsync(IHost host, CancellationToken token)
    {
        using var joined = CancellationTokenSource.CreateLinkedTokenSource(token);
        var looking = DeclareLostAsync(host.Services.GetRequiredService<IMembershipTable>(), joined.Token);
        try
        {
            await host.StartAsync(token);
        }
        finally
        {
            await joined.CancelAsync();
            await looking.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    async Task DeclareLostAsync(IMembershipTable table, CancellationToken token)
    {
        while (true)
        {
            await Task.Delay(Again, clock, token);
            try
            {
                foreach (var lost in await LostSilos.DeclareDeadAsync(table, endpoint.Address, token)) DeclaredDead(lost.ToString());
            }
            catch (Exception cause) when (cause is not OperationCanceledException)
            {
                NotLooked(cause.Message); // the next look is soon
            }
        }
    }

    IHost Build(Action declaredDead, CancellationToken untilStopped)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Services.AddSingleton(logs);
        builder.Services.AddLogging();
        builder.Services.AddSingleton(store);
        builder.Services.AddSingleton(options);
        builder.Services.AddSingleton(clock);
        builder.Services.AddSingleton(new SiloLife(untilStopped));
        builder.Services.AddSingleton<IMembershipTable, StoreMembershipTable>();
        builder.Services.AddSingleton<Orleans.Runtime.IFatalErrorHandler>(new RestartInPlace(declaredDead, _log));
        builder.UseOrleans(silo => silo
            .Configure<ClusterOptions>(cluster =>
            {
                cluster.ClusterId = "orchestrator";
                cluster.ServiceId = "orchestrator";
            })
            .Configure<SiloConnectionOptions>(connections => connections.Secure(new ServerTls(gate, "node sessions")))
            .Configure<SiloOptions>(self => self.SiloName = options.ServerName)
            .Configure<ClusterMembershipOptions>(membership =>
            {
                // A killed silo is out after about two seconds; a lease survives that, because a new grain starts with a whole one.
                membership.ProbeTimeout = TimeSpan.FromSeconds(1);
                membership.TableRefreshTimeout = TimeSpan.FromSeconds(5);
                membership.NumMissedProbesLimit = 2;
                membership.DefunctSiloCleanupPeriod = TimeSpan.FromMinutes(10);
                membership.DefunctSiloExpiration = TimeSpan.FromHours(1);
            })
            .Configure<EndpointOptions>(endpoints =>
            {
                endpoints.AdvertisedIPAddress = endpoint.Address.Address;
                endpoints.SiloPort = endpoint.Address.Port;
                endpoints.GatewayPort = 0; // grains are called from inside the silo only
                endpoints.SiloListeningEndpoint = endpoint.Address;
            }));
        return builder.Build();
    }

    [LoggerMessage(EventIds.SiloStarted, LogLevel.Information, "The silo is up on {Address}")]
    partial void Started(string address);

    [LoggerMessage(EventIds.SiloDeclaredDead, LogLevel.Warning, "The silo {Silo} can't be reached, and no other is left: it counts as dead")]
    partial void DeclaredDead(string silo);

    [LoggerMessage(EventIds.LostSilosUnknown, LogLevel.Warning, "Whether silos of the table are lost could not be looked at: {Message}")]
    partial void NotLooked(string message);

    [LoggerMessage(EventIds.SiloFailed, LogLevel.Warning, "The silo is down and is built anew: {Message}")]
    partial void Failed(string message);
}

/// <summary>Where the silo listens.</summary>
public sealed record SiloEndpoint(IPEndPoint Address);
