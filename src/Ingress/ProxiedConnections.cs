using System.Buffers;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Orchestrator.Ingress;

/// <summary>
/// Takes the client's address from what a load balancer sends in front of its connections. Only the named networks are believed, and they have to send it: a header that is
/// optional could be written by a client.
/// </summary>
static class ProxiedConnections
{
    /// <summary>How long the header may take: it is in the first packet.</summary>
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public static void Use(ListenOptions listen, IReadOnlyList<IPNetwork> from)
    {
        if (from.Count > 0) listen.Use(next => connection => AcceptAsync(connection, next, from));
    }

    static async Task AcceptAsync(ConnectionContext connection, ConnectionDelegate next, IReadOnlyList<IPNetwork> from)
    {
        if (connection.RemoteEndPoint is not IPEndPoint peer || !from.Any(network => network.Contains(peer.Address.IsIPv4MappedToIPv6 ? peer.Address.MapToIPv4() : peer.Address)))
        {
            await next(connection);
            return;
        }

        using var patience = CancellationTokenSource.CreateLinkedTokenSource(connection.ConnectionClosed);
        patience.CancelAfter(Patience);
        try
        {
            if (await ReadAsync(connection, patience.Token) is not { } header) return; // it has gone before it said anything
            if (header.Source is { } source) connection.RemoteEndPoint = source;
        }
        catch (FormatException wrong)
        {
            connection.Abort(new ConnectionAbortedException(wrong.Message));
            return;
        }
        catch (OperationCanceledException)
        {
            connection.Abort();
            return;
        }

        await next(connection);
    }

    static async Task<ProxyHeader?> ReadAsync(ConnectionContext connection, CancellationToken token)
    {
        while (true)
        {
            var read = await connection.Transport.Input.ReadAsync(token);
            var header = read.Buffer.IsEmpty ? default : ProxyHeader.Read(read.Buffer.Slice(0, Math.Min(read.Buffer.Length, ProxyHeader.MostBytes)).ToArray());
            connection.Transport.Input.AdvanceTo(read.Buffer.GetPosition(header.Bytes), header.Bytes > 0 ? read.Buffer.GetPosition(header.Bytes) : read.Buffer.End);
            if (header.Bytes > 0) return header;
            if (read.IsCompleted) return null;
        }
    }
}
