using Microsoft.Extensions.Primitives;
using Orchestrator.Contracts;
using Yarp.ReverseProxy.Configuration;

namespace Orchestrator.Ingress;

/// <summary>Gives YARP the latest route table. The new one is in place before the old one is called outdated.</summary>
sealed class RouteConfigProvider : IProxyConfigProvider
{
    volatile Config _config = new([], []);

    public IProxyConfig GetConfig() => _config;

    public void Publish(RouteTable table)
    {
        var old = _config;
        var hosts = table.Routes.Select(route => route.Host).ToHashSet(StringComparer.OrdinalIgnoreCase);
        _config = new Config([.. table.Routes.Select(route => RouteConfigs.Of(route, hosts))], [.. table.Backends.Select(RouteConfigs.Of)]);
        old.Outdate();
    }

    sealed class Config : IProxyConfig
    {
        public Config(IReadOnlyList<RouteConfig> routes, IReadOnlyList<ClusterConfig> clusters)
        {
            Routes = routes;
            Clusters = clusters;
            var outdated = new CancellationTokenSource();
            ChangeToken = new CancellationChangeToken(outdated.Token);
            Outdate = outdated.Cancel;
        }

        public IReadOnlyList<RouteConfig> Routes { get; }

        public IReadOnlyList<ClusterConfig> Clusters { get; }

        public IChangeToken ChangeToken { get; }

        /// <summary>Tells YARP to ask for the present one.</summary>
        public Action Outdate { get; }
    }
}
