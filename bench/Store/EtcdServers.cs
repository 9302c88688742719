using System.Diagnostics;
using Grpc.Core;
using Grpc.Net.Client;
using Orchestrator.Bench.Etcd;

namespace Orchestrator.Bench;

/// <summary>Three members of Debian's etcd on loopback, with its own defaults, over mutual TLS as ours are.</summary>
sealed class EtcdServers : IAsyncDisposable
{
    const int ClientPort = 23790, PeerPort = 23800;

    readonly string _directory;
    readonly Process[] _processes;
    readonly EtcdCertificate _certificate;

    public EtcdServers(string directory, int count)
    {
        _directory = directory;
        _certificate = new EtcdCertificate(directory + "/etcd-pki");
        var cluster = string.Join(',', Enumerable.Range(0, count).Select(i => $"e{i}=https://127.0.0.1:{PeerPort + i}"));
        _processes = [.. Enumerable.Range(0, count).Select(i => Start(i, cluster))];
        Channels = [.. Enumerable.Range(0, count).Select(i => Connect(i))];
    }

    public GrpcChannel[] Channels { get; }

    public GrpcChannel Connect(int server) => GrpcChannel.ForAddress($"https://127.0.0.1:{ClientPort + server}", new GrpcChannelOptions
    {
        HttpHandler = new SocketsHttpHandler { EnableMultipleHttp2Connections = true, UseProxy = false, SslOptions = _certificate.ForAsking() },
        MaxReceiveMessageSize = 64 << 20,
    });

    public async Task<int> LeaderAsync()
    {
        while (true)
        {
            for (var i = 0; i < Channels.Length; i++)
            {
                try
                {
                    var status = await new Maintenance.MaintenanceClient(Channels[i]).StatusAsync(new StatusRequest(), deadline: DateTime.UtcNow.AddSeconds(2));
                    if (status.Leader != 0 && status.Leader == status.Header.MemberId) return i;
                }
                catch (RpcException)
                {
                    // It is starting.
                }
            }

            await Task.Delay(100);
        }
    }

    public long ResidentBytes(int server)
    {
        _processes[server].Refresh();
        return _processes[server].WorkingSet64;
    }

    public async ValueTask DisposeAsync()
    {
        for (var i = 0; i < _processes.Length; i++)
        {
            Channels[i].Dispose();
            _processes[i].Kill();
            await _processes[i].WaitForExitAsync();
            _processes[i].Dispose();
        }
    }

    Process Start(int i, string cluster)
    {
        var start = new ProcessStartInfo("etcd",
        [
            "--name", $"e{i}", "--data-dir", $"{_directory}/etcd{i}", "--initial-cluster", cluster,
            "--listen-client-urls", $"https://127.0.0.1:{ClientPort + i}", "--advertise-client-urls", $"https://127.0.0.1:{ClientPort + i}",
            "--listen-peer-urls", $"https://127.0.0.1:{PeerPort + i}", "--initial-advertise-peer-urls", $"https://127.0.0.1:{PeerPort + i}",
            "--client-cert-auth", "--trusted-ca-file", _certificate.Path, "--cert-file", _certificate.Path, "--key-file", _certificate.KeyPath,
            "--peer-client-cert-auth", "--peer-trusted-ca-file", _certificate.Path, "--peer-cert-file", _certificate.Path, "--peer-key-file", _certificate.KeyPath,
            "--logger", "zap", "--log-level", "error", "--quota-backend-bytes", "8589934592",
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
        return process;
    }
}
