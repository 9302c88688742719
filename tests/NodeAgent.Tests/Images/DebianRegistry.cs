using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Orchestrator.NodeAgent.Tests.Machine;
using Orchestrator.Testing;

namespace Orchestrator.NodeAgent.Tests.Images;

/// <summary>
/// Debian's docker-registry on a loopback port, filled by skopeo.
/// </summary>
sealed class DebianRegistry : IAsyncDisposable
{
    readonly TemporaryDirectory _directory = new();
    readonly Process _process;

    DebianRegistry(int port)
    {
        Host = $"127.0.0.1:{port}";
        var config = _directory["config.yml"];
        File.WriteAllText(config, $"""
            version: 0.1
            storage:
              filesystem:
                rootdirectory: {_directory["data"]}
            http:
              addr: {Host}
            """);
        _process = Process.Start(new ProcessStartInfo("docker-registry", ["serve", config]) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        _process.BeginErrorReadLine();
        _process.BeginOutputReadLine();
    }

    public string Host { get; }

    public static async Task<DebianRegistry> StartAsync()
    {
        using (TcpListener free = new(IPAddress.Loopback, 0))
        {
            free.Start();
            DebianRegistry registry = new(((IPEndPoint)free.LocalEndpoint).Port);
            free.Stop();
            using HttpClient http = new();
            await Eventually.HoldsAsync(() => Answers(http, registry.Host), "the registry answers");
            return registry;
        }
    }

    /// <summary>Pushes an OCI layout, optionally converted to docker's schema 2.</summary>
    public Task PushAsync(string layout, string name, bool asDocker = false) => Given.RunAsync(
        ["skopeo", "copy", "--quiet", "--insecure-policy", "--dest-tls-verify=false", .. asDocker ? (string[])["--format", "v2s2"] : [], $"oci:{layout}", $"docker://{Host}/{name}"]);

    static bool Answers(HttpClient http, string host)
    {
        try
        {
            using var response = http.Send(new HttpRequestMessage(HttpMethod.Get, new Uri($"http://{host}/v2/")));
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _directory.Dispose();
    }
}
