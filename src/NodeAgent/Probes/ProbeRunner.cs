using System.Net;
using System.Net.Sockets;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;
using Orchestrator.Model.Pods;
using Orchestrator.NodeAgent.Containers;
using Orchestrator.NodeAgent.Networking;

namespace Orchestrator.NodeAgent.Probes;

/// <summary>
/// Does one try of a probe, from the node to the pod. Whatever goes wrong is a failed try, never an exception:
/// what follows from it is decided elsewhere.
/// </summary>
sealed class ProbeRunner(NetworkNamespace home, OciRuntime runtime, TimeProvider time)
{
    const int LowestSuccess = 200;
    const int LowestFailure = 400;
    const int MessageLength = 256;

    public Task<ProbeResult> RunAsync(Probe probe, Container container, string containerId, IPAddress podAddress, CancellationToken cancel)
    {
        var timeout = TimeSpan.FromSeconds(probe.TimeoutSeconds);
        return WithinAsync(timeout, limit => probe switch
        {
            { HttpGet: { } http } => HttpAsync(http, container, podAddress, limit),
            { TcpSocket: { } tcp } => TcpAsync(tcp, container, podAddress, limit),
            { Exec: { } exec } => ExecAsync(exec, containerId, timeout, cancel),
            { Grpc: { } grpc } => GrpcAsync(grpc, podAddress, limit),
            _ => Task.FromResult(ProbeResult.Failure("the probe says nothing to do")),
        }, cancel);
    }

    /// <summary>Does what a container wants done after its start or before its end.</summary>
    public Task<ProbeResult> RunAsync(
        LifecycleHandler hook, Container container, string containerId, IPAddress podAddress, TimeSpan timeout, CancellationToken cancel) =>
        WithinAsync(timeout, limit => hook switch
        {
            { HttpGet: { } http } => HttpAsync(http, container, podAddress, limit),
            { TcpSocket: { } tcp } => TcpAsync(tcp, container, podAddress, limit),
            { Exec: { } exec } => ExecAsync(exec, containerId, timeout, cancel),
            { Sleep: { } sleep } => SleepAsync(sleep, limit),
            _ => Task.FromResult(ProbeResult.Failure("the hook says nothing to do")),
        }, cancel);

    static async Task<ProbeResult> WithinAsync(TimeSpan timeout, Func<CancellationToken, Task<ProbeResult>> action, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(timeout);
        try
        {
            return await action(limit.Token);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return ProbeResult.Failure($"no answer in {timeout.TotalSeconds:0} s");
        }
        catch (Exception e) when (e is IOException or SocketException or HttpRequestException or TimeoutException or UriFormatException or RpcException)
        {
            return ProbeResult.Failure(Short(e is HttpRequestException { InnerException: { } inner } ? inner.Message : e.Message));
        }
    }

    async Task<ProbeResult> HttpAsync(HttpGetAction action, Container container, IPAddress podAddress, CancellationToken cancel)
    {
        if (ProbeTarget.PortOf(action.Port, container) is not { } port)
            return ProbeResult.Failure($"the container has no port {action.Port}");
        var scheme = action.Scheme == UriScheme.HTTPS ? "https" : "http";
        var path = action.Path.StartsWith('/') ? action.Path : "/" + action.Path;
        using var http = Client();
        using HttpRequestMessage request = new(HttpMethod.Get, new Uri($"{scheme}://{ProbeTarget.HostOf(action.Host, podAddress)}:{port}{path}"));
        foreach (var header in action.HttpHeaders)
        {
            if (header.Name.Equals("Host", StringComparison.OrdinalIgnoreCase))
                request.Headers.Host = header.Value;
            else
                request.Headers.TryAddWithoutValidation(header.Name, header.Value);
        }

        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel);
        var status = (int)response.StatusCode;
        return status is >= LowestSuccess and < LowestFailure ? ProbeResult.Success : ProbeResult.Failure($"HTTP status {status}");
    }

    async Task<ProbeResult> TcpAsync(TcpSocketAction action, Container container, IPAddress podAddress, CancellationToken cancel)
    {
        if (ProbeTarget.PortOf(action.Port, container) is not { } port)
            return ProbeResult.Failure($"the container has no port {action.Port}");
        using var socket = OpenSocket();
        await socket.ConnectAsync(ProbeTarget.HostOf(action.Host, podAddress), port, cancel);
        return ProbeResult.Success;
    }

    async Task<ProbeResult> GrpcAsync(GrpcAction action, IPAddress podAddress, CancellationToken cancel)
    {
        using var channel = GrpcChannel.ForAddress($"http://{podAddress}:{action.Port}", new GrpcChannelOptions { HttpHandler = Handler(), DisposeHttpClient = true, ThrowOperationCanceledOnCancellation = true });
        var answer = await new Health.HealthClient(channel).CheckAsync(new HealthCheckRequest { Service = action.Service ?? "" }, cancellationToken: cancel);
        return answer.Status == HealthCheckResponse.Types.ServingStatus.Serving ? ProbeResult.Success : ProbeResult.Failure($"health status {answer.Status}");
    }

    async Task<ProbeResult> SleepAsync(SleepAction action, CancellationToken cancel)
    {
        await Task.Delay(TimeSpan.FromSeconds(action.Seconds), time, cancel);
        return ProbeResult.Success;
    }

    async Task<ProbeResult> ExecAsync(ExecAction action, string containerId, TimeSpan timeout, CancellationToken cancel)
    {
        var result = await runtime.ExecAsync(containerId, action.Command, timeout, cancel);
        return result.ExitCode == 0 ? ProbeResult.Success : ProbeResult.Failure(Short($"exit status {result.ExitCode}: {result.Output}"));
    }

    // A connection of its own each time: a kept one would not see that the port is gone.
    HttpClient Client() => new(Handler(), disposeHandler: true);

    SocketsHttpHandler Handler() => new()
    {
        // A redirect is a success; where it leads is not the probe's business.
        AllowAutoRedirect = false,
        UseProxy = false,
        SslOptions = new System.Net.Security.SslClientAuthenticationOptions
        {
#pragma warning disable CA5359 // As in Kubernetes: the probe asks whether the program answers, not who it is.
            RemoteCertificateValidationCallback = (_, _, _, _) => true,
#pragma warning restore CA5359
        },
        ConnectCallback = async (context, cancel) =>
        {
            var socket = OpenSocket();
            try
            {
                await socket.ConnectAsync(context.DnsEndPoint, cancel);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        },
    };

    Socket OpenSocket() => home.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true });

    static string Short(string text) => text.Length <= MessageLength ? text : text[..MessageLength];
}
