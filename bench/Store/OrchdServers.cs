using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Grpc.Net.Client;
using Orchestrator.Contracts;
using Orchestrator.Contracts.Security;

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
    readonly GrpcChannel[] _peers;
    string? _token;

    public OrchdServers(string orchd, string directory, IReadOnlyList<Host> hosts, params string[] options)
    {
        (_orchd, _directory, _hosts, _options) = (orchd, directory, hosts, options);
        _processes = new Process?[hosts.Count];
        Channels = [.. Enumerable.Range(0, hosts.Count).Select(server => Connect(server, () => User))];
        _peers = [.. Enumerable.Range(0, hosts.Count).Select(server => Connect(server, () => Server))];
    }

    /// <summary>A connection of its own, as a user has it.</summary>
    public GrpcChannel ConnectUser(int server) => Connect(server, () => User);

    /// <summary>A connection of its own, as another server has it.</summary>
    public GrpcChannel ConnectServer(int server) => Connect(server, () => Server);

    // The files are there once the first server has made its cluster.
    GrpcChannel Connect(int server, Func<Credential> credential) => GrpcChannel.ForAddress($"https://{Address(server)}:{Port}", new GrpcChannelOptions
    {
        HttpHandler = new SocketsHttpHandler
        {
            EnableMultipleHttp2Connections = true, ConnectTimeout = TimeSpan.FromSeconds(2), UseProxy = false,
            SslOptions =
            {
                EnabledSslProtocols = SslProtocols.Tls13,
                RemoteCertificateValidationCallback = (_, shown, _, _) => credential().IsServer(shown as X509Certificate2),
                LocalCertificateSelectionCallback = (_, _, _, _, _) => credential().Certificate,
            },
        },
        InitialReconnectBackoff = TimeSpan.FromMilliseconds(20),
        MaxReconnectBackoff = TimeSpan.FromMilliseconds(100),
        MaxReceiveMessageSize = 64 << 20,
    });

    public int Count => _processes.Length;

    public GrpcChannel[] Channels { get; }

    public Cluster.ClusterClient Cluster(int server) => new(Channels[server]);

    public Peer.PeerClient Peer(int server) => new(_peers[server]);

    public Host Host(int server) => _hosts[server];

    string Address(int server) => _hosts[server].Address;

    Credential Server => field ??= new CredentialFiles($"{_directory}/s0/pki").Current;

    Credential User => field ??= UserOf(Contexts.Parse(File.ReadAllText($"{_directory}/s0/admin.json")).ByName.Values.Single());

    static Credential UserOf(Context context) => Credential.FromPem(context.Certificate!, context.Key!, context.Roots!); // a server writes all three

    /// <summary>The first time the first one comes first: it makes the cluster that the others join.</summary>
    public async Task StartAllAsync()
    {
        Start(0);
        var admin = $"{_directory}/s0/admin.json";
        for (var tries = 0; _token is null && tries < 300; tries++)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(100));
            if (File.Exists(admin)) _token = await TokenAsync(Path.Combine(Path.GetDirectoryName(_orchd)!, "orch"), admin); // it lies beside orchd
        }

        if (_token is null) throw new IOException("the first server did not make its cluster");
        for (var server = 1; server < Count; server++) Start(server);
    }

    async Task<string?> TokenAsync(string orch, string admin)
    {
        var start = new ProcessStartInfo("nsenter", [$"--net={_hosts[0].Namespace}", "env", $"ORCH_CONFIG={admin}", $"ORCH_SERVER={Address(0)}:{Port}", orch, "token", "create", "--role", "server", "-q"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var asked = Process.Start(start)!; // without the shell there always is a new process
        var token = await asked.StandardOutput.ReadToEndAsync();
        await asked.WaitForExitAsync();
        return asked.ExitCode == 0 ? token.Trim() : null;
    }

    public void Start(int server)
    {
        string[] join = server > 0 && _token is { } token ? ["--join", $"{Address(0)}:{Port}", "--token", token] : [];
        var start = new ProcessStartInfo("nsenter",
        [
            $"--net={_hosts[server].Namespace}", _orchd, "server", "--name", $"s{server}", "--advertise", Address(server), .. join, "--port", $"{Port}",
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
            catch (Grpc.Core.RpcException starting) when (starting.StatusCode is Grpc.Core.StatusCode.Unavailable or Grpc.Core.StatusCode.DeadlineExceeded)
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
            _peers[i].Dispose();
        }
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int SendSignal(int process, int signal);
}
