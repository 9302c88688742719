using System.Collections;

namespace Orchestrator.Contracts;

/// <summary>
/// Where the cluster's servers are, as this machine last heard it: kept in a file, so that it finds them again when the one it joined by is gone. Always at least what
/// it was first told; who reads it several times may see different lists.
/// </summary>
/// <param name="own">This machine's own, when it is a server: the shortest way, so the first to be asked.</param>
public sealed class KnownServers(string file, Uri? own = null) : IReadOnlyList<Uri>
{
    readonly Lock _access = new();
    volatile Uri[] _servers = Ordered(File.Exists(file) ? File.ReadAllLines(file) : [], own);

    public int Count => _servers.Length;

    public Uri this[int index] => _servers[index];

    /// <summary>Replaces the list; an empty one is nobody's knowledge and changes nothing.</summary>
    public void Heard(IEnumerable<string> servers)
    {
        var heard = Ordered(servers, own);
        lock (_access)
        {
            if (heard.Length == 0 || heard.SequenceEqual(_servers)) return;
            _servers = heard;
            var fresh = file + ".new";
            File.WriteAllLines(fresh, heard.Select(server => server.AbsoluteUri));
            File.Move(fresh, file, overwrite: true);
        }
    }

    static Uri[] Ordered(IEnumerable<string> servers, Uri? own)
    {
        var others = servers.Select(server => new Uri(server)).Where(server => server != own).OrderBy(server => server.AbsoluteUri, StringComparer.Ordinal);
        return own is null ? [.. others] : [own, .. others];
    }

    public IEnumerator<Uri> GetEnumerator() => ((IEnumerable<Uri>)_servers).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
