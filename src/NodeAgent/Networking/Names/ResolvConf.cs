using Orchestrator.Model.Pods;
using Orchestrator.Model.Services;

namespace Orchestrator.NodeAgent.Networking.Names;

/// <summary>What a resolver is told: whom to ask, which domains to try, and how. Source: resolv.conf(5).</summary>
sealed record ResolvConf(IReadOnlyList<string> Nameservers, IReadOnlyList<string> Searches, IReadOnlyList<string> Options)
{
    /// <summary>What glibc asks; further ones it leaves out.</summary>
    const int MaxNameservers = 3;

    /// <summary>A name with fewer dots is tried below the search domains first: enough for the name of a service with its port. Upstream's choice.</summary>
    const string Ndots = "ndots:5";

    public static ResolvConf Empty { get; } = new([], [], []);

    /// <summary>Reads what a resolver would; lines that it does not know it passes over.</summary>
    public static ResolvConf Parse(string text)
    {
        var read = Empty;
        foreach (var line in text.Split('\n'))
        {
            read = line.Split((char[])[' ', '\t', '\r'], StringSplitOptions.RemoveEmptyEntries) switch
            {
                ["nameserver", var server, ..] => read with { Nameservers = [.. read.Nameservers, server] },
                ["search" or "domain", .. var domains] => read with { Searches = domains }, // the last one counts
                ["options", .. var options] => read with { Options = [.. read.Options, .. options] },
                _ => read,
            };
        }

        return read;
    }

    /// <summary>A pod's own. Source: Kubernetes "DNS for Services and Pods".</summary>
    /// <param name="ours">Where the cluster's names are answered for pods of this node; null where there is nobody.</param>
    /// <param name="host">The machine's own.</param>
    public static ResolvConf For(Pod pod, string? ours, ResolvConf host)
    {
        var chosen = pod.Spec.DnsPolicy switch
        {
            DnsPolicy.None => Empty,
            DnsPolicy.Default => host,
            DnsPolicy.ClusterFirst when pod.Spec.HostNetwork => host,
            _ when ours is null => host,
            _ => new ResolvConf([ours], [.. ClusterSearches(pod.Namespace).Union(host.Searches)], [Ndots]),
        };

        // What listens on the machine's loopback is not there in a network of the pod's own.
        if (!pod.Spec.HostNetwork && ours is not null && chosen.Nameservers.Count > 0 && chosen.Nameservers.All(IsLoopback)) chosen = chosen with { Nameservers = [ours] };
        return pod.Spec.DnsConfig is { } more ? chosen.With(more) : chosen;
    }

    /// <summary>As a file has it.</summary>
    public override string ToString() => string.Concat(
        [.. Nameservers.Take(MaxNameservers).Select(server => $"nameserver {server}\n"),
        Searches.Count > 0 ? $"search {string.Join(' ', Searches)}\n" : "",
        Options.Count > 0 ? $"options {string.Join(' ', Options)}\n" : ""]);

    static string[] ClusterSearches(string home) => [$"{home}.svc.{ServiceNetwork.Domain}", $"svc.{ServiceNetwork.Domain}", ServiceNetwork.Domain];

    static bool IsLoopback(string server) => System.Net.IPAddress.TryParse(server, out var address) && System.Net.IPAddress.IsLoopback(address);

    ResolvConf With(PodDnsConfig more)
    {
        var named = more.Options.Select(option => option.Value is { } value ? $"{option.Name}:{value}" : option.Name).ToList();
        return new ResolvConf(
            [.. Nameservers.Union(more.Nameservers)],
            [.. Searches.Union(more.Searches)],
            [.. Options.Where(own => more.Options.All(option => option.Name != own.Split(':')[0])), .. named]);
    }
}
