using System.Collections.Concurrent;
using System.Globalization;
using Google.Protobuf;
using Grpc.Core;
using Orchestrator.Contracts;
using Orchestrator.Load.Running;

namespace Orchestrator.Load.Scenarios;

/// <summary>Manifests come in as from many pipelines at once: new objects, changed ones, and some that are as they were.</summary>
sealed class ApplyStorm : Scenario
{
    /// <summary>Objects that the storm turns over.</summary>
    const int Names = 500;

    const int OneDeploymentIn = 10, OneUnchangedIn = 7;

    public override string Name => "apply-storm";

    public override string Description => "applies of ConfigMaps of 1 KiB, every tenth of a Deployment, through all three servers; a seventh changes nothing";

    public override IReadOnlyList<Stage> Stages => [Stage.Ramp(20, 100, 5), Stage.Steady(100, 30)];

    public override Threshold Threshold => new(0, 500);

    public override async Task<Outcome> StepAsync(LoadedCluster cluster, long number, CancellationToken token)
    {
        var name = $"storm-{number % Names}";
        var version = (number % OneUnchangedIn == 0 ? 0 : number).ToString(CultureInfo.InvariantCulture);
        var manifest = number % OneDeploymentIn == 0 ? Manifests.Deployment(name, version) : Manifests.ConfigMap(name, version);
        await cluster.Api(number).ApplyAsync(new ApplyRequest { Objects = { ByteString.CopyFrom(manifest) }, RequestId = $"storm-{number}" }, LoadedCluster.Options(token));
        return Outcome.Good;
    }
}

/// <summary>Dashboards, pipelines and people look: linearizable gets and lists, each server in turn.</summary>
sealed class Reads : Scenario
{
    const int Objects = 300, OneListIn = 20;

    public override string Name => "reads";

    public override string Description => $"linearizable gets of one object, every {OneListIn}th a list of {Objects} of 1 KiB, through all three servers";

    public override IReadOnlyList<Stage> Stages => [Stage.Ramp(50, 400, 5), Stage.Steady(400, 30)];

    public override Threshold Threshold => new(0, 250);

    public override async Task PrepareAsync(LoadedCluster cluster, CancellationToken token)
    {
        var request = new ApplyRequest();
        request.Objects.AddRange(Enumerable.Range(0, Objects).Select(number => ByteString.CopyFrom(Manifests.ConfigMap($"read-{number}", "0"))));
        await cluster.Api(0).ApplyAsync(request, LoadedCluster.Options(token));
    }

    public override async Task<Outcome> StepAsync(LoadedCluster cluster, long number, CancellationToken token)
    {
        if (number % OneListIn == 0)
        {
            var list = await cluster.Api(number).ListAsync(new ListRequest { Kind = "ConfigMap", Namespace = "default", Selector = "load=yes" }, LoadedCluster.Options(token));
            return list.Resources.Count >= Objects ? Outcome.Good : Outcome.Failed($"{list.Resources.Count} objects of {Objects}");
        }

        await cluster.Api(number).GetAsync(new GetRequest { Kind = "ConfigMap", Namespace = "default", Name = $"read-{number % Objects}" }, LoadedCluster.Options(token));
        return Outcome.Good;
    }
}

/// <summary>Every change is told to many who watch; a request ends when the last of them has heard of it.</summary>
sealed class WatchFanOut : Scenario
{
    const int Watchers = 300;

    readonly ConcurrentDictionary<string, Waiting> _waiting = new(StringComparer.Ordinal);

    public override string Name => "watch-fan-out";

    public override string Description => $"writes that {Watchers} watches on three servers follow; each ends when all of them have heard of it";

    public override IReadOnlyList<Stage> Stages => [Stage.Steady(10, 30)];

    public override Threshold Threshold => new(0, 500);

    public override async Task PrepareAsync(LoadedCluster cluster, CancellationToken token)
    {
        await cluster.Api(0).ApplyAsync(new ApplyRequest { Objects = { ByteString.CopyFrom(Manifests.ConfigMap("fan-out", "first")) } }, LoadedCluster.Options(token));
        List<Task> open = [];
        for (var number = 0; number < Watchers; number++) open.Add(await WatchAsync(cluster, number, token));
        await Task.WhenAll(open);
    }

    public override async Task<Outcome> StepAsync(LoadedCluster cluster, long number, CancellationToken token)
    {
        var value = $"change-{number}";
        var waiting = new Waiting(Watchers);
        _waiting[value] = waiting;
        await cluster.Api(number).ApplyAsync(new ApplyRequest { Objects = { ByteString.CopyFrom(Manifests.ConfigMap($"fan-out-{number}", value)) }, RequestId = value }, LoadedCluster.Options(token));
        await waiting.All.WaitAsync(TimeSpan.FromSeconds(10), token);
        _waiting.TryRemove(value, out _);
        return Outcome.Good;
    }

    /// <returns>Completes when the watch has told what there is.</returns>
    async Task<Task> WatchAsync(LoadedCluster cluster, int number, CancellationToken token)
    {
        var call = cluster.Api(number).Watch(new WatchRequest { Kind = "ConfigMap", Namespace = "default", Selector = "load=yes" }, cancellationToken: token);
        await call.ResponseHeadersAsync;
        var first = new TaskCompletionSource();
        _ = FollowAsync(call, first, token);
        return first.Task;
    }

    async Task FollowAsync(AsyncServerStreamingCall<WatchReply> call, TaskCompletionSource first, CancellationToken token)
    {
        try
        {
            using (call)
            {
                await foreach (var told in call.ResponseStream.ReadAllAsync(token))
                {
                    first.TrySetResult();
                    if (told.Resource is { } resource && _waiting.Values.Count > 0) Heard(resource.Json.ToStringUtf8());
                }
            }
        }
        catch (RpcException ended)
        {
            first.TrySetException(ended); // who waits for it fails by its time
        }
    }

    void Heard(string json)
    {
        const string Field = "\"value\":\"";
        var start = json.IndexOf(Field, StringComparison.Ordinal) + Field.Length;
        if (_waiting.TryGetValue(json[start..json.IndexOf('"', start)], out var waiting)) waiting.Heard();
    }

    sealed class Waiting(int count)
    {
        readonly TaskCompletionSource _all = new(TaskCreationOptions.RunContinuationsAsynchronously);
        int _left = count;

        public Task All => _all.Task;

        public void Heard()
        {
            if (Interlocked.Decrement(ref _left) == 0) _all.TrySetResult();
        }
    }
}

/// <summary>The cluster's CA is replaced again and again, and with it every machine's certificate, while manifests come in.</summary>
sealed class CaRotation : Scenario
{
    int _rotations;

    public override string Name => "ca-rotation";

    public override string Description => $"applies of ConfigMaps and pages through all ingresses while the CA is rotated{(_rotations > 0 ? $" {_rotations} times" : " again and again")}";

    public override IReadOnlyList<Stage> Stages => [Stage.Steady(60, 100)];

    public override Threshold Threshold => new(0, 1000);

    public override Task PrepareAsync(LoadedCluster cluster, CancellationToken token) => cluster.ServeAsync("rotated", replicas: 3);

    public override async Task<Outcome> StepAsync(LoadedCluster cluster, long number, CancellationToken token)
    {
        if (number % 2 == 0) return await cluster.PageAsync(cluster.Cluster.Hosts[(int)(number / 2 % cluster.Cluster.Hosts.Count)], "rotated.example", token);
        var manifest = Manifests.ConfigMap($"rotated-{number % 100}", number.ToString(CultureInfo.InvariantCulture));
        await cluster.Api(number).ApplyAsync(new ApplyRequest { Objects = { ByteString.CopyFrom(manifest) }, RequestId = $"rotated-{number}" }, LoadedCluster.Options(token));
        return Outcome.Good;
    }

    public override async Task MeanwhileAsync(LoadedCluster cluster, CancellationToken token)
    {
        for (; !token.IsCancellationRequested; _rotations++) await cluster.Cluster.OrchAsync("ca", "rotate");
    }
}
