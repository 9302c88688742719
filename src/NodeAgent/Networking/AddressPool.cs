using System.Net;
using System.Runtime.InteropServices;
using Orchestrator.NodeAgent.Syscalls;

namespace Orchestrator.NodeAgent.Networking;

/// <summary>
/// Which pod holds which address of this node: a file per address, made by link(2), so that two pods can't get one
/// address whatever dies when. The first address is the bridge's; the network's name and broadcast are left out.
/// </summary>
sealed class AddressPool(string directory)
{
    const string LastFile = "last";

    // Stands before the owner of an address that rests: the pod is gone, but others may still send to it.
    const char RestMark = '-';

    readonly string _directory = PrivateDirectory.Make(directory);
    readonly Lock _lock = new();

    // What the files say: only this agent writes them.
    readonly Dictionary<IPAddress, string> _held = Read(PrivateDirectory.Make(directory));

    /// <summary>The pod's address: the one it holds already, else the next free one.</summary>
    /// <exception cref="InvalidOperationException">All are taken.</exception>
    public IPAddress Take(AddressRange range, string owner)
    {
        lock (_lock)
        {
            foreach (var (address, by) in _held)
            {
                if (by == owner && range.OffsetOf(address) is not null)
                    return address;
            }

            // Onwards from the last one given: an address just freed may still be in others' caches.
            var usable = range.Count - 3;
            var start = Last() is { } last && range.OffsetOf(last) is { } offset ? offset - 1 : 0;
            for (long i = 0; i < usable; i++)
            {
                var address = range.At(2 + ((start + i) % usable));
                if (!_held.ContainsKey(address) && TryClaim(address, owner))
                    return address;
            }

            throw new InvalidOperationException($"all {usable} pod addresses of {range} are taken");
        }
    }

    /// <summary>The address a pod holds; null for none.</summary>
    public IPAddress? Find(string owner)
    {
        lock (_lock)
            return _held.Where(pair => pair.Value == owner).Select(pair => pair.Key).FirstOrDefault();
    }

    /// <summary>Lets a pod's address rest: it belongs to nobody, and is given to nobody before it is released. Nothing held is fine.</summary>
    public void Rest(string owner)
    {
        lock (_lock)
        {
            foreach (var address in Of(by => by == owner))
            {
                PrivateDirectory.WriteFile(Path.Combine(_directory, address.ToString()), System.Text.Encoding.UTF8.GetBytes(RestMark + owner));
                _held[address] = RestMark + owner;
            }
        }
    }

    /// <summary>The former owners of addresses that rest.</summary>
    public IReadOnlyList<string> Resting()
    {
        lock (_lock)
            return [.. _held.Values.Where(by => by.StartsWith(RestMark)).Select(by => by[1..])];
    }

    /// <summary>Frees what a pod holds or held. Nothing held is fine.</summary>
    public void Release(string owner)
    {
        lock (_lock)
        {
            Free(by => by == owner || by == RestMark + owner);
            PrivateDirectory.Flush(_directory);
        }
    }

    /// <summary>Frees what pods hold that are not among these: they were forgotten between two runs.</summary>
    public void Retain(IReadOnlySet<string> owners)
    {
        lock (_lock)
            Free(by => !owners.Contains(by));
    }

    List<IPAddress> Of(Func<string, bool> owned) => [.. _held.Where(pair => owned(pair.Value)).Select(pair => pair.Key)];

    void Free(Func<string, bool> owned)
    {
        foreach (var address in Of(owned))
        {
            File.Delete(Path.Combine(_directory, address.ToString()));
            _held.Remove(address);
        }
    }

    bool TryClaim(IPAddress address, string owner)
    {
        var beside = Path.Combine(_directory, ".new");
        var path = Path.Combine(_directory, address.ToString());
        PrivateDirectory.WriteFile(beside, System.Text.Encoding.UTF8.GetBytes(owner));
        if (Libc.Link(beside, path) != 0)
        {
            var errno = Marshal.GetLastPInvokeError();
            if (errno != Errno.Eexist)
                throw new SyscallException("link", errno, path);
            _held[address] = File.ReadAllText(path);
            return false;
        }

        PrivateDirectory.Flush(_directory);
        File.WriteAllText(Path.Combine(_directory, LastFile), address.ToString());
        _held[address] = owner;
        return true;
    }

    static Dictionary<IPAddress, string> Read(string directory)
    {
        Dictionary<IPAddress, string> held = [];
        foreach (var path in Directory.EnumerateFiles(directory))
        {
            if (IPAddress.TryParse(Path.GetFileName(path), out var address))
                held[address] = File.ReadAllText(path);
        }

        return held;
    }

    IPAddress? Last()
    {
        var path = Path.Combine(_directory, LastFile);
        return File.Exists(path) && IPAddress.TryParse(File.ReadAllText(path), out var address) ? address : null;
    }
}
