namespace Orchestrator.NodeAgent.Images;

/// <summary>A name and password for one registry host.</summary>
public sealed record RegistryCredential(string Username, string Password);

/// <summary>
/// How registries are reached: where plain HTTP is allowed, who we are there, and the mirror a host stands for.
/// </summary>
public sealed record RegistryOptions
{
    /// <summary>Hosts (host or host:port) spoken to in plain HTTP. Loopback addresses always are allowed it.</summary>
    public IReadOnlySet<string> Insecure { get; init; } = new HashSet<string>();

    /// <summary>Credentials by registry host as it stands in image names.</summary>
    public IReadOnlyDictionary<string, RegistryCredential> Credentials { get; init; } =
        new Dictionary<string, RegistryCredential>();

    /// <summary>Where the name "docker.io" is served: its API has another host than its name.</summary>
    public string DockerIoHost { get; init; } = "registry-1.docker.io";

    internal bool IsPlain(string host)
    {
        if (Insecure.Contains(host))
            return true;
        var name = host.LastIndexOf(':') is > 0 and int colon && !host.EndsWith(']') ? host[..colon] : host;
        return name == "localhost" || (System.Net.IPAddress.TryParse(name, out var address) && System.Net.IPAddress.IsLoopback(address));
    }

    internal Uri BaseOf(string registry)
    {
        var host = registry == "docker.io" ? DockerIoHost : registry;
        return new Uri($"{(IsPlain(host) ? "http" : "https")}://{host}/v2/");
    }
}
