using System.Collections.Concurrent;
using System.Net;
using ARSoft.Tools.Net.Dns;

namespace Orchestrator.NodeAgent.Networking.Names;

/// <summary>
/// Names that are not the cluster's: asked of the machine's own name servers, one question at a time for the same thing, and remembered for as long as they say.
/// </summary>
/// <param name="file">The machine's resolv.conf, looked at again for every question that goes out.</param>
sealed class Upstream(string file, TimeProvider time)
{
    /// <summary>Of one server, in milliseconds; a stub resolver itself gives up after five seconds.</summary>
    const int Timeout = 2000;

    /// <summary>Where systemd-resolved keeps what it asks itself, when the file only names it.</summary>
    const string ResolvedFile = "/run/systemd/resolve/resolv.conf";

    static readonly string[] None = [];

    readonly NameCache _cache = new();
    readonly ConcurrentDictionary<DnsQuestion, Lazy<Task<DnsMessage?>>> _asked = new();

    /// <summary>What pods on the machine's own network use, and what the others' questions go to.</summary>
    public ResolvConf Machine()
    {
        var own = Read(file);
        return own.Nameservers.Count > 0 && own.Nameservers.All(IsLoopback) && Read(ResolvedFile) is { Nameservers.Count: > 0 } behind ? behind : own;
    }

    /// <returns>Null when nobody answers.</returns>
    public async Task<DnsMessage?> AskAsync(DnsQuestion question, IPAddress self)
    {
        if (_cache.Find(question, time.GetUtcNow()) is { } known) return known;
        var asking = _asked.GetOrAdd(question, _ => new Lazy<Task<DnsMessage?>>(() => SendAsync(question, self)));
        try
        {
            return await asking.Value;
        }
        finally
        {
            _asked.TryRemove(new(question, asking));
        }
    }

    async Task<DnsMessage?> SendAsync(DnsQuestion question, IPAddress self)
    {
        IPAddress[] servers = [.. Machine().Nameservers.Select(server => IPAddress.TryParse(server, out var address) ? address : null).OfType<IPAddress>().Where(server => !server.Equals(self))];
        if (servers.Length == 0) return null;
        using DnsClient client = new(servers, Timeout);
        DnsMessage query = new() { IsRecursionDesired = true, IsEDnsEnabled = true };
        query.Questions.Add(question);
        if (await client.SendMessageAsync(query, CancellationToken.None) is not { } answer) return null;
        _cache.Keep(question, answer, time.GetUtcNow());
        return answer;
    }

    static ResolvConf Read(string path) => ResolvConf.Parse(string.Join('\n', File.Exists(path) ? File.ReadAllLines(path) : None));

    static bool IsLoopback(string server) => IPAddress.TryParse(server, out var address) && IPAddress.IsLoopback(address);
}
