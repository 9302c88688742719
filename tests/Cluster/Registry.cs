using Orchestrator.Testing.Clusters;
using Orchestrator.Testing;

namespace Orchestrator.Cluster;

/// <summary>Debian's docker-registry where the cluster's users are.</summary>
sealed class Registry : IAsyncDisposable
{
    public const int Port = 5000;

    readonly Lan _lan;
    readonly RunningProgram _program;

    Registry(Lan lan, RunningProgram program) => (_lan, _program) = (lan, program);

    public string Host => $"{Lan.OuterAddress}:{Port}";

    public static async Task<Registry> StartAsync(Lan lan)
    {
        var config = $"{lan.Directory}/registry.yml";
        await File.WriteAllTextAsync(config, $"""
            version: 0.1
            storage:
              filesystem:
                rootdirectory: {lan.Directory}/registry
            http:
              addr: {Lan.OuterAddress}:{Port}
            """);
        var registry = new Registry(lan, RunningProgram.Start(lan.Outer.Enter("docker-registry", "serve", config)));
        await Eventually.HoldsAsync(
            async () => (await lan.Outer.TryAsync("curl", "-sf", $"http://{registry.Host}/v2/")).ExitCode == 0, "the registry", () => registry._program.Output);
        return registry;
    }

    public Task PushAsync(string archive, string name) =>
        _lan.Outer.RunAsync("skopeo", "copy", "--quiet", "--insecure-policy", "--dest-tls-verify=false", $"docker-archive:{archive}", $"docker://{Host}/{name}");

    public ValueTask DisposeAsync() => _program.DisposeAsync();
}
