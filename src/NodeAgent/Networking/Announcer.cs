using System.Net;
using Microsoft.Extensions.Logging;
using Orchestrator.NodeAgent.Networking.Netlink;
using Orchestrator.NodeAgent.Session;

namespace Orchestrator.NodeAgent.Networking;

/// <summary>
/// Answers on the link for the addresses of services that the control plane has given to this node, and no longer than the node's lease runs: another node may have them then.
/// Each address is lent to the interface for what is left of the lease, so that it goes even when this agent can't take it away.
/// </summary>
sealed partial class Announcer(NetworkNamespace home, IPAddress nodeAddress, string node, Func<NetworkObjects> objects, NodeLease lease, TimeProvider time, ILogger log)
{
    static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    /// <summary>How often the link is told of a new address: one word of it may be lost.</summary>
    const int Tellings = 3;

    readonly Dictionary<IPAddress, int> _told = [];

    public async Task RunAsync(CancellationToken cancel)
    {
        while (!cancel.IsCancellationRequested)
        {
            var left = lease.Remaining;
            HashSet<IPAddress> wanted = left > TimeSpan.Zero ? [.. Wanted()] : [];
            if (wanted.Count > 0 || _told.Count > 0)
            {
                try
                {
                    home.Run(() => Hold(wanted, left));
                }
                catch (IOException e)
                {
                    LogTrouble(log, e.Message);
                }
            }

            await Task.Delay(Pause, time, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    IEnumerable<IPAddress> Wanted() =>
        from known in objects().All.Values
        let status = known.Service?.Status
        where status?.AnnouncedBy == node && status.Address is not null
        select IPAddress.Parse(status.Address!); // asked for just before

    void Hold(HashSet<IPAddress> wanted, TimeSpan left)
    {
        using NetlinkSocket socket = new();
        Links links = new(socket);
        if (links.IndexAt(nodeAddress) is not { } index)
            throw new IOException($"no interface has this node's address {nodeAddress}, so that nobody could be told of those of services");
        foreach (var gone in _told.Keys.Where(address => !wanted.Contains(address)).ToList())
        {
            links.TakeAddress(index, gone);
            _told.Remove(gone);
            LogGone(log, gone);
        }

        var mac = links.MacOf(index);
        foreach (var address in wanted)
        {
            // Whole seconds, rounded up: it is asked for again long before.
            links.LendAddress(index, address, (uint)Math.Ceiling(left.TotalSeconds));
            if (!_told.TryGetValue(address, out var times)) LogTaken(log, address);
            if (times >= Tellings) continue;
            if (mac is not null) GratuitousArp.Send(index, mac, address);
            _told[address] = times + 1;
        }
    }

    [LoggerMessage(161, LogLevel.Information, "answers for {Address} on the link")]
    private static partial void LogTaken(ILogger log, IPAddress address);

    [LoggerMessage(162, LogLevel.Information, "no longer answers for {Address}")]
    private static partial void LogGone(ILogger log, IPAddress address);

    [LoggerMessage(163, LogLevel.Error, "addresses of services can't be announced: {Problem}")]
    private static partial void LogTrouble(ILogger log, string problem);
}
