using System.Diagnostics;
using System.Runtime.InteropServices;
using Grpc.Net.Client;
using Orchestrator.Contracts;

namespace Orchestrator.Bench;

/// <summary>Servers of orchd on this machine, each a process in a network namespace of its own where it can be cut off.</summary>
sealed partial class OrchdServers : IAsyncDisposable
{
    public const int Kill = 9;
    public const int Continue = 18;
    public const int Stop = 19;

    const int Port = 16440;

    readonly string _orchd;
    readonly string _directory;
    readonly string[] _options;
    readonly IReadOnlyList<Host> _hosts;
    readonly Process?[] _processes;

    public OrchdServers(string orchd, string directory, IReadOnlyList<Host> hosts, params string[] options)
    {
        (_orchd, _directory, _hosts, _options) = (orchd, directory, hosts, options);
        _processes = new Process?[hosts.Count];
        Channels = [.. Enumerable.Range(0, hosts.Count).Select(Connect)];
    }

    /// <summary>A connection of its own.</summary>
    public GrpcChannel Connect(int server) => GrpcChannel.ForAddress($"http://{Address(server)}:{Port}", new GrpcChannelOptions
    {
        HttpHandler = new SocketsHttpHandler { EnableMultipleHttp2Connections = true, ConnectTimeout = TimeSpan.FromMilliseconds(200), UseProxy = false },
        InitialReconnectBackoff = TimeSpan.FromMilliseconds(20),
        MaxReconnectBackoff = TimeSpan.FromMilliseconds(100),
        MaxReceiveMessageSize = 64 << 20,
    });

    public int Count => _processes.Length;

    public GrpcChannel[] Channels { get; }

    public Cluster.ClusterClient Cluster(int server) => new(Channels[server]);

    public Peer.PeerClient Peer(int server) => new(Channels[server]);

    public Host Host(int server) => _hosts[server];

    string Address(int server) => _hosts[server].Address;

    public void Start(int server)
    {
        var servers = string.Join(',', Enumerable.Range(0, Count).Select(Address));
        var start = new ProcessStartInfo("nsenter",
        [
            $"--net={_hosts[server].Namespace}", _orchd, "server", "--name", $"s{server}", "--advertise", Address(server), "--servers", servers, "--port", $"{Port}",
            "--data-dir", $"{_directory}/s{server}", "--run-dir", $"{_directory}/r{server}", .. _options,
        ])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        var process = Process.Start(start)!; // without the shell there always is a new process
        process.ErrorDataReceived += static (_, _) => { };
        process.OutputDataReceived += static (_, _) => { };
        process.BeginErrorReadLine();
        process.BeginOutputReadLine();
        _processes[server] = process;
    }

    public void Signal(int server, int signal)
    {
        if (_processes[server] is { HasExited: false } process) _ = SendSignal(process.Id, signal);
    }

    public async Task EndAsync(int server)
    {
        if (_processes[server] is not { } process) return;
        Signal(server, Kill);
        await process.WaitForExitAsync();
        process.Dispose();
        _processes[server] = null;
    }

    public long ResidentBytes(int server)
    {
        _processes[server]!.Refresh(); // it runs
        return _processes[server]!.WorkingSet64; // as above
    }

    public long DiskBytes(int server) =>
        new DirectoryInfo($"{_directory}/s{server}").EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length);

    /// <summary>The number of the server that leads, once all that are asked agree on one.</summary>
    public async Task<int> LeaderAsync(params int[] asked)
    {
        var servers = asked.Length > 0 ? asked : [.. Enumerable.Range(0, Count)];
        while (true)
        {
            try
            {
                var replies = await Task.WhenAll(servers.Select(server =>
                    Cluster(server).VersionAsync(new VersionRequest(), deadline: DateTime.UtcNow.AddSeconds(2)).ResponseAsync));
                var leaders = replies.Select(reply => reply.Leader).Distinct().ToArray();
                if (leaders is [{ Length: > 1 } leader] && replies.All(reply => reply.Revision > 0)) return int.Parse(leader.AsSpan(1), System.Globalization.CultureInfo.InvariantCulture);
            }
            catch (Grpc.Core.RpcException)
            {
                // One is starting.
            }

            await Task.Delay(50);
        }
    }

    public async ValueTask DisposeAsync()
    {
        for (var i = 0; i < Count; i++)
        {
            await EndAsync(i);
            Channels[i].Dispose();
        }
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int SendSignal(int process, int signal);
}
