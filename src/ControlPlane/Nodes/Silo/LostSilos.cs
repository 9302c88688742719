using System.Net;
using System.Net.Sockets;

namespace Orchestrator.ControlPlane.Nodes.Silo;

/// <summary>
/// What Orleans leaves open: a silo joins only when all active ones of the table hear it, and only active ones declare another one dead. When machines lose their power together and the last one that
/// counts as active stays away, nobody could ever join. One that lives after all sees that it was declared dead, and is built anew.
/// </summary>
static class LostSilos
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    /// <summary>Declares the active silos of the table dead, if none of them can be reached. As long as one can, it is left to that one.</summary>
    /// <returns>Those that were declared dead.</returns>
    public static async Task<IReadOnlyList<SiloAddress>> DeclareDeadAsync(IMembershipTable table, IPEndPoint self, CancellationToken token)
    {
        var active = (await table.ReadAllAsync(token)).Members.Where(member => member.Item1.Status == SiloStatus.Active && !member.Item1.SiloAddress.Endpoint.Equals(self)).Select(member => member.Item1.SiloAddress).ToList();
        if ((await Task.WhenAll(active.Select(silo => AnswersAsync(silo.Endpoint, token)))).Any(answers => answers)) return [];

        var declared = new List<SiloAddress>();
        foreach (var silo in active)
        {
            var now = await table.ReadAllAsync(token);
            if (now.TryGet(silo) is not { } row || row.Item1.Status != SiloStatus.Active) continue;
            row.Item1.Status = SiloStatus.Dead;
            if (await table.UpdateRowAsync(row.Item1, row.Item2, now.Version.Next(), token)) declared.Add(silo);
        }

        return declared;
    }

    static async Task<bool> AnswersAsync(IPEndPoint endpoint, CancellationToken token)
    {
        using var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        using var time = CancellationTokenSource.CreateLinkedTokenSource(token);
        time.CancelAfter(Patience);
        try
        {
            await socket.ConnectAsync(endpoint, time.Token);
            return true;
        }
        catch (Exception unreachable) when (unreachable is SocketException or OperationCanceledException && !token.IsCancellationRequested)
        {
            return false;
        }
    }
}
