using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using Orchestrator.Testing;

namespace Orchestrator.Architecture;

/// <summary>Reads the built assemblies and holds which room may use which.</summary>
public sealed class ArrowTests
{
    /// <summary>What each room may use of ours. ARCHITECTURE.md draws the same.</summary>
    static readonly Dictionary<string, string[]> MayUse = new()
    {
        ["Model"] = [],
        ["Manifests"] = ["Model"],
        ["Scheduler"] = ["Model"],
        ["Reconcile"] = ["Model"],
        ["Contracts"] = ["Model"],
        ["ControlPlane"] = ["Model", "Manifests", "Scheduler", "Reconcile", "Contracts"],
        ["NodeAgent"] = ["Model", "Reconcile", "Contracts"],
        ["Ingress"] = ["Contracts"],
        ["Cli"] = ["Model", "Manifests", "Scheduler", "Contracts"],
        ["Daemon"] = ["Manifests", "ControlPlane", "NodeAgent", "Ingress", "Contracts"],
        ["Runtime"] = [],
    };

    static readonly Dictionary<string, string> Programs = new() { ["Cli"] = "orch", ["Daemon"] = "orchd", ["Runtime"] = "orun" };

    public static TheoryData<string> Rooms => [.. Directory.EnumerateDirectories(RepoRoot.Below("src")).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Rooms))]
    public void A_room_uses_only_the_rooms_below_it(string room)
    {
        Assert.True(MayUse.TryGetValue(room, out var allowed), $"src/{room} has no rule here");
        var used = References(room).Where(name => name.StartsWith("Orchestrator.", StringComparison.Ordinal)).Select(name => name["Orchestrator.".Length..]);
        Assert.Empty(used.Except(allowed!)); // asserted above
    }

    [Theory]
    [InlineData("Model")]
    [InlineData("Scheduler")]
    [InlineData("Reconcile")]
    [InlineData("Manifests")]
    public void A_pure_room_says_so_and_uses_no_network_and_no_process(string room)
    {
        Assert.Contains("<Pure>true</Pure>", File.ReadAllText(RepoRoot.Below("src", room, $"{room}.csproj")), StringComparison.Ordinal);
        Assert.DoesNotContain(References(room), name => name is "System.Net.Sockets" or "System.Net.Http" or "System.Diagnostics.Process" or "System.IO.Pipes");
    }

    static List<string> References(string room)
    {
        var assembly = Programs.GetValueOrDefault(room) ?? $"Orchestrator.{room}";
        var built = RepoRoot.Below("src", room, "bin");
        var file = Directory.Exists(built) ? Directory.EnumerateFiles(built, $"{assembly}.dll", SearchOption.AllDirectories).Order(StringComparer.Ordinal).FirstOrDefault() : null;
        Assert.True(file is not null, $"src/{room} is not built; `dotnet build Orchestrator.sln` builds all that is looked at here");
        using var stream = File.OpenRead(file!); // asserted above
        using var image = new PEReader(stream);
        var metadata = image.GetMetadataReader();
        return [.. metadata.AssemblyReferences.Select(handle => metadata.GetString(metadata.GetAssemblyReference(handle).Name))];
    }
}
