using System.CommandLine;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Google.Protobuf;
using Grpc.Core;
using Orchestrator.Cli.Connection;
using Orchestrator.Contracts;
using Orchestrator.Model.Pods;
using Orchestrator.Model.Services;

namespace Orchestrator.Cli.Commands;

/// <summary><c>orch port-forward</c>: ports of this machine that lead into a pod, until the command is ended.</summary>
static class PortForwardCommand
{
    const int PieceBytes = 32 * 1024;

    public static Command Create(SharedOptions shared)
    {
        var target = new Argument<string>("pod") { Description = "a pod, or deployment/web or service/web for one of its pods" };
        var ports = new Argument<string[]>("ports") { Description = "8080:80, 80 for the same on both sides, or :80 for any free one here", Arity = ArgumentArity.OneOrMore };
        var address = new Option<string>("--address") { Description = "the address of this machine to listen on", DefaultValueFactory = _ => "127.0.0.1" };
        ObjectNames.CompletePods(target, shared);
        var command = new Command("port-forward", "Forward ports of this machine to a pod.") { target, ports, address };
        command.SetAction(async (parsed, token) =>
        {
            var pairs = parsed.GetValue(ports)!.Select(PairOf).ToList(); // one or more
            if (!IPAddress.TryParse(parsed.GetValue(address), out var here)) throw new CliException($"--address {parsed.GetValue(address)} is no address of this machine, such as 127.0.0.1");
            using var cluster = shared.Connect(parsed);
            var @namespace = shared.Namespace(parsed);
            var text = parsed.GetValue(target)!; // required
            var owner = await PodNames.OwnerAsync(cluster, text, @namespace, token);
            var pod = owner is null ? null : await PodNames.ChosenAsync(cluster, owner, text, token);
            var name = pod?.Name ?? text[(text.IndexOf('/') + 1)..];
            if (pod is null) await cluster.AskAsync(client => client.GetAsync(new GetRequest { Kind = Pod.KindName, Namespace = @namespace, Name = name }, cancellationToken: token).ResponseAsync);
            var listeners = new List<TcpListener>();
            try
            {
                foreach (var (local, remote) in pairs) listeners.Add(Listen(here, local));
                var serving = new List<Task>();
                foreach (var (listener, (_, remote)) in listeners.Zip(pairs))
                {
                    var inside = owner is Service service && pod is not null ? TargetOf(service, pod, remote) : remote;
                    Console.WriteLine($"Forwarding from {listener.LocalEndpoint} -> {inside}");
                    serving.Add(ServeAsync(cluster, listener, new ForwardStart { Namespace = @namespace, Pod = name, Port = (uint)inside }, token));
                }

                await Task.WhenAll(serving);
            }
            finally
            {
                foreach (var listener in listeners) listener.Dispose();
            }

            return 0;
        });
        return command;
    }

    static TcpListener Listen(IPAddress address, int port)
    {
        var listener = new TcpListener(address, port);
        try
        {
            listener.Start();
            return listener;
        }
        catch (SocketException failure)
        {
            throw new CliException($"port {port} of {address} can't be listened on: {failure.Message}");
        }
    }

    static async Task ServeAsync(ClusterConnection cluster, TcpListener listener, ForwardStart start, CancellationToken token)
    {
        while (true)
        {
            var client = await listener.AcceptTcpClientAsync(token);
            Console.WriteLine($"Handling connection for {((IPEndPoint)listener.LocalEndpoint).Port}");
            _ = HandleAsync(client);
        }

        async Task HandleAsync(TcpClient client)
        {
            using (client)
            {
                try
                {
                    await CarryAsync(cluster, client.GetStream(), start, token);
                }
                catch (Exception failure) when (failure is RpcException or CliException or IOException)
                {
                    await Console.Error.WriteLineAsync($"error: {(failure as RpcException)?.Status.Detail ?? failure.Message}");
                    client.Client.LingerState = new LingerOption(true, 0); // the client hears a reset, not a proper end
                }
                catch (OperationCanceledException)
                {
                    // The command ends.
                }
            }
        }
    }

    static async Task CarryAsync(ClusterConnection cluster, NetworkStream client, ForwardStart start, CancellationToken token)
    {
        using var call = await cluster.OpenAsync(api => api.Forward(cancellationToken: token));
        await call.RequestStream.WriteAsync(new ForwardRequest { Start = start }, token);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(token);
        var asking = AskAsync();
        try
        {
            await foreach (var reply in call.ResponseStream.ReadAllAsync(token))
            {
                await client.WriteAsync(reply.Data.Memory, token);
                if (reply.Over) await over.CancelAsync();
            }
        }
        finally
        {
            await over.CancelAsync();
            await asking;
        }

        async Task AskAsync()
        {
            var piece = new byte[PieceBytes];
            try
            {
                for (int count; (count = await client.ReadAsync(piece, over.Token)) > 0;)
                    await call.RequestStream.WriteAsync(new ForwardRequest { Data = ByteString.CopyFrom(piece, 0, count) }, token);
            }
            catch (Exception ended) when (ended is RpcException or InvalidOperationException or OperationCanceledException)
            {
                // The answer's direction tells how the connection ended.
            }
            catch (IOException)
            {
                call.Dispose(); // the client broke off, so the pod's side does, too
                return;
            }

            await FinishAsync();
        }

        async Task FinishAsync()
        {
            try
            {
                await call.RequestStream.CompleteAsync();
            }
            catch (Exception ended) when (ended is RpcException or InvalidOperationException or OperationCanceledException)
            {
                // There is nobody left to tell.
            }
        }
    }

    /// <summary>Where the pod listens for what comes to a port of the service.</summary>
    static int TargetOf(Service service, Pod pod, int port)
    {
        var known = service.Spec.Ports.FirstOrDefault(each => each.Port == port)
            ?? throw new CliException($"service {service.Name} has no port {port}; it has {string.Join(", ", service.Spec.Ports.Select(each => each.Port))}");
        return known.TargetOn(pod) ?? throw new CliException($"pod {pod.Name} has no port named {known.TargetPort}");
    }

    static (int Local, int Remote) PairOf(string text)
    {
        var parts = text.Split(':');
        if (parts.Length > 2 || PortOf(parts[^1]) is not (> 0 and var remote)) throw Unreadable();
        var local = parts.Length == 1 ? remote : parts[0].Length == 0 ? 0 : PortOf(parts[0]) ?? throw Unreadable();
        return (local, remote);

        CliException Unreadable() => new($"{text} names no ports; write 8080:80, 80, or :80 for any free one here");
    }

    static int? PortOf(string text) => ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) ? port : null;
}
