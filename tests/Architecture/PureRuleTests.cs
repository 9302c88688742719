using System.Diagnostics;
using Orchestrator.Testing;

namespace Orchestrator.Architecture;

/// <summary>The Pure rule is there to fail builds; these tests see it fail one.</summary>
public sealed class PureRuleTests
{
    [Fact]
    public async Task A_pure_project_that_reads_the_clock_does_not_build() =>
        Assert.Contains("RS0030", await Build("Clock", "", "namespace Probe; public static class P { public static System.DateTimeOffset Now => System.DateTimeOffset.UtcNow; }"), StringComparison.Ordinal);

    [Fact]
    public async Task A_pure_project_that_uses_a_package_does_not_build() =>
        Assert.Contains("may not use the package", await Build("Package", "<PackageReference Include=\"YamlDotNet\" />", "namespace Probe; public static class P;"), StringComparison.Ordinal);

    static async Task<string> Build(string name, string items, string source)
    {
        var folder = RepoRoot.Below("artifacts", "pure-rule", name);
        Directory.CreateDirectory(folder);
        await File.WriteAllTextAsync(Path.Combine(folder, $"{name}.csproj"), $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup><Pure>true</Pure></PropertyGroup>
              <ItemGroup>{items}</ItemGroup>
            </Project>
            """);
        await File.WriteAllTextAsync(Path.Combine(folder, "P.cs"), source);
        using var build = Process.Start(new ProcessStartInfo("dotnet", ["build", folder, "-nologo", "-v", "quiet", "-nodeReuse:false"]) { RedirectStandardOutput = true })!; // dotnet runs this test
        var output = await build.StandardOutput.ReadToEndAsync();
        await build.WaitForExitAsync();
        Assert.NotEqual(0, build.ExitCode);
        return output;
    }
}
