using System.Text;
using System.Text.Json.Nodes;
using Google.Protobuf;
using Grpc.Net.Client;
using Orchestrator.Contracts;
using Orchestrator.Contracts.Security;

namespace Orchestrator.Bench;

/// <summary>A cluster of one machine, and a web server on another one beside it.</summary>
sealed class Machine : IAsyncDisposable
{
    /// <summary>Where the web server is.</summary>
    public const string Backend = "192.0.2.9";

    public const int Port = 9000, LargeBytes = 16 << 20;

    const string Cgroups = "/orch-bench";

    readonly List<Running> _running = [];
    readonly GrpcChannel _channel;

    readonly string _bin, _directory;

    Machine(GrpcChannel channel, string bin, string directory) => (_channel, _bin, _directory, Api) = (channel, bin, directory, new Cluster.ClusterClient(channel));

    public Cluster.ClusterClient Api { get; }

    /// <param name="backend">The network namespace of the other machine.</param>
    /// <param name="image">An archive of the image of <see cref="PodAsync"/>.</param>
    public static async Task<Machine> StartAsync(string bin, string directory, string backend, string image)
    {
        await File.WriteAllTextAsync($"{directory}/small", "hello\n");
        await File.WriteAllBytesAsync($"{directory}/large", new byte[LargeBytes]);
        await File.WriteAllTextAsync($"{directory}/nginx.conf", $$"""
            user root; pid {{directory}}/nginx.pid; worker_processes 1; error_log /dev/null; events { worker_connections 16384; }
            http { access_log off; sendfile on; server { listen {{Backend}}:{{Port}} backlog=4096; root {{directory}}; keepalive_requests 1000000; } }

            """);
        List<Running> running = [Running.Start("nsenter", $"--net=/var/run/netns/{backend}", "nginx", "-p", directory, "-c", $"{directory}/nginx.conf", "-g", "daemon off;")];
        running.Add(Running.Start($"{bin}/orchd", "dev", "--data-dir", $"{directory}/orchd", "--run-dir", $"{directory}/run", "--cgroup-root", Cgroups));
        var admin = $"{directory}/orchd/admin.json";
        for (var tries = 0; !File.Exists(admin); tries++) await Task.Delay(tries < 600 ? 50 : throw new IOException("orchd has made no cluster in 30 s"));
        var context = Contexts.Parse(await File.ReadAllTextAsync(admin)).ByName.Values.First();
        var credential = Credential.FromPem(context.Certificate!, context.Key!, context.Roots!); // a server writes all three
        var handler = new SocketsHttpHandler { UseProxy = false, SslOptions = credential.ForAsking(credential.IsServer) };
        Machine machine = new(GrpcChannel.ForAddress("https://127.0.0.1:6440", new GrpcChannelOptions { HttpHandler = handler, DisposeHttpClient = true, MaxReceiveMessageSize = 64 << 20 }), bin, directory);
        machine._running.AddRange(running);
        while (!(await Running.OutputAsync("env", $"ORCH_CONFIG={admin}", $"{bin}/orch", "get", "nodes")).Contains(" Ready", StringComparison.Ordinal)) await Task.Delay(100);
        await Running.OutputAsync("env", $"ORCH_CONFIG={admin}", $"{bin}/orch", "image", "import", image);
        return machine;
    }

    /// <summary>A service, and the addresses behind it as an EndpointSlice of one's own.</summary>
    public static IEnumerable<JsonObject> Service(string name, IEnumerable<string> addresses)
    {
        yield return new JsonObject
        {
            ["apiVersion"] = "v1", ["kind"] = "Service", ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = "default" },
            ["spec"] = new JsonObject { ["ports"] = new JsonArray(new JsonObject { ["port"] = 80 }) },
        };
        yield return new JsonObject
        {
            ["apiVersion"] = "discovery.k8s.io/v1", ["kind"] = "EndpointSlice",
            ["metadata"] = new JsonObject { ["name"] = $"{name}-own", ["namespace"] = "default", ["labels"] = new JsonObject { ["kubernetes.io/service-name"] = name } },
            ["addressType"] = "IPv4",
            ["endpoints"] = new JsonArray([.. addresses.Select(address => new JsonObject { ["addresses"] = new JsonArray(address) })]),
            ["ports"] = new JsonArray(new JsonObject { ["port"] = Port }),
        };
    }

    public async Task ApplyAsync(IEnumerable<JsonObject> objects)
    {
        var request = new ApplyRequest { RequestId = Guid.NewGuid().ToString("N") };
        request.Objects.AddRange(objects.Select(each => ByteString.CopyFrom(Encoding.UTF8.GetBytes(each.ToJsonString()))));
        await Api.ApplyAsync(request);
    }

    /// <summary>Runs a pod; the file of its network namespace.</summary>
    public async Task<string> PodAsync(string name)
    {
        await ApplyAsync(
        [
            new JsonObject
            {
                ["apiVersion"] = "v1", ["kind"] = "Pod", ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = "default" },
                ["spec"] = new JsonObject { ["containers"] = new JsonArray(new JsonObject { ["name"] = "main", ["image"] = "hello:1" }) },
            },
        ]);
        while (true)
        {
            var pod = JsonNode.Parse((await Api.GetAsync(new GetRequest { Kind = "Pod", Namespace = "default", Name = name })).Json.Span)!;
            if ((string?)pod["status"]?["phase"] == "Running") {
                var space = $"{_directory}/run/pods/{pod["metadata"]!["uid"]}/ns/net";
                // As many connections as the host can have.
                await Running.OutputAsync("nsenter", $"--net={space}", "sysctl", "-qw", "net.ipv4.ip_local_port_range=1024 65000", "net.ipv4.tcp_tw_reuse=1");
                return space;
            }

            await Task.Delay(50);
        }
    }

    /// <summary>The address that a service was given.</summary>
    public async Task<string> AddressAsync(string service)
    {
        var found = await Api.GetAsync(new GetRequest { Kind = "Service", Namespace = "default", Name = service });
        return (string)JsonNode.Parse(found.Json.Span)!["spec"]!["clusterIP"]!; // every service of these has one
    }

    public async ValueTask DisposeAsync()
    {
        _channel.Dispose();
        foreach (var each in Enumerable.Reverse(_running)) await each.DisposeAsync();
        await Running.OutputAsync($"{_bin}/orchd", "reset", "--data-dir", $"{_directory}/orchd", "--run-dir", $"{_directory}/run", "--cgroup-root", Cgroups);
    }
}
