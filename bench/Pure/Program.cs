using System.Text.Json.Nodes;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.NoEmit;
using Orchestrator.Bench;

// In process, because the build that BenchmarkDotNet would make does not know this repository's build files.
var config = DefaultConfig.Instance.AddJob(Job.ShortRun.WithToolchain(InProcessNoEmitToolchain.Instance)).WithOptions(ConfigOptions.DisableOptimizationsValidator)
    .WithArtifactsPath(Path.Combine(Path.GetTempPath(), "orchestrator-bench"));
var summary = BenchmarkRunner.Run<PureParts>(config);
var results = new JsonArray([.. summary.Reports.Select(report => (JsonNode)new JsonObject
{
    ["name"] = report.BenchmarkCase.Descriptor.WorkloadMethod.Name,
    ["value"] = report.ResultStatistics?.Median / 1000,
    ["unit"] = "us",
    ["peer"] = null,
    ["goal"] = null,
    ["met"] = null,
})]);
if (args is [var file, ..]) File.WriteAllText(file, results.ToJsonString());
return summary.HasCriticalValidationErrors ? 1 : 0;
