using System.CommandLine;
using Grpc.Core;
using Orchestrator.Cli.Connection;
using Orchestrator.Contracts;
using Orchestrator.Model.Meta;
using Orchestrator.Model.Tables;
using Orchestrator.Model.Workloads;

namespace Orchestrator.Cli.Commands.Rollouts;

/// <summary><c>orch rollout status</c>: follows a workload until all its pods are of the newest template and available.</summary>
static class RolloutStatus
{
    public static Command Create(SharedOptions shared)
    {
        var target = new Argument<string[]>("kind/name") { Description = "deployment/web", Arity = ArgumentArity.OneOrMore };
        var timeout = new Option<string>("--timeout") { Description = "give up after so long: seconds, or 90s, 5m; 0 waits for ever" };
        var watch = new Option<bool>("--watch", "-w") { Description = "wait until it is done; =false only says how far it is", DefaultValueFactory = _ => true };
        ObjectNames.Complete(target, shared);
        var status = new Command("status", "Follow a workload until it is rolled out.") { target, timeout, watch };
        status.SetAction(async (parsed, token) =>
        {
            using var cluster = shared.Connect(parsed);
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(token);
            var most = parsed.GetValue(timeout) is { } text ? Spans.Read(text) : TimeSpan.Zero;
            if (most > TimeSpan.Zero) patience.CancelAfter(most);
            foreach (var wanted in Workload.Targets(parsed.GetValue(target)!)) // one or more
            {
                try
                {
                    await FollowAsync(cluster, shared.Namespace(parsed), wanted, parsed.GetValue(watch), patience.Token);
                }
                catch (Exception late) when (patience.IsCancellationRequested && !token.IsCancellationRequested && late is OperationCanceledException or RpcException)
                {
                    throw new CliException($"{wanted.Kind.Singular}/{wanted.Name} was not rolled out within {Durations.Text(most)}; `orch describe {wanted.Kind.Singular}/{wanted.Name}` and `orch get pods` tell more");
                }
            }

            return 0;
        });
        return status;
    }

    static async Task FollowAsync(ClusterConnection cluster, string @namespace, Target wanted, bool watch, CancellationToken token)
    {
        var get = new GetRequest { Kind = wanted.Kind.Name, Namespace = @namespace, Name = wanted.Name };
        var first = await cluster.AskAsync(client => client.GetAsync(get, cancellationToken: token).ResponseAsync);
        if (!watch)
        {
            Console.WriteLine(Judge(first.ToResource()).Line);
            return;
        }

        var request = new WatchRequest { Kind = wanted.Kind.Name, Namespace = @namespace };
        using var call = await cluster.OpenAsync(client => client.Watch(request, cancellationToken: token));
        string? said = null;
        await foreach (var change in call.ResponseStream.ReadAllAsync(token))
        {
            if (change.Resource is null || change.Resource.Name != wanted.Name) continue;
            if (change.Type == WatchReply.Types.Type.Deleted) throw new CliException($"{wanted.Kind.Singular}/{wanted.Name} was deleted");
            var (line, done) = Judge(change.Resource.ToResource());
            if (line != said) Console.WriteLine(line);
            said = line;
            if (done) return;
        }

        throw new CliException($"the watch ended before {wanted.Kind.Singular}/{wanted.Name} was rolled out");
    }

    static (string Line, bool Done) Judge(Resource resource) => resource switch
    {
        Deployment deployment => Judge(deployment),
        StatefulSet set => Judge(set),
        DaemonSet set => Judge(set),
        _ => throw new CliException($"a {resource.Kind.ToLowerInvariant()} has no rollouts"),
    };

    /// <summary>In kubectl's words.</summary>
    /// <exception cref="CliException">The rollout has failed.</exception>
    static (string Line, bool Done) Judge(Deployment deployment)
    {
        var (status, wanted) = (deployment.Status, deployment.Spec.Replicas ?? 1);
        if (status.ObservedGeneration < deployment.Metadata.Generation || status.ObservedGeneration is null)
            return ("Waiting for deployment spec update to be observed...", false);
        if (status.Conditions.Find(DeploymentConditions.Progressing) is { Status: ConditionStatus.False } failed)
            throw new CliException(failed.Reason == DeploymentConditions.DeadlineExceeded && !failed.Message!.StartsWith("rolled back", StringComparison.Ordinal) // a condition of ours says something
                ? $"deployment \"{deployment.Name}\" exceeded its progress deadline: {failed.Message}"
                : $"deployment \"{deployment.Name}\" was {failed.Message}");
        if (status.Conditions.Find(DeploymentConditions.Progressing) is { Reason: DeploymentConditions.CanaryStep } canary)
            return ($"Waiting for deployment \"{deployment.Name}\" rollout to finish: canary {canary.Message}...", false);
        if (status.UpdatedReplicas < wanted)
            return ($"Waiting for deployment \"{deployment.Name}\" rollout to finish: {status.UpdatedReplicas} out of {wanted} new replicas have been updated...", false);
        if (status.Replicas > status.UpdatedReplicas)
            return ($"Waiting for deployment \"{deployment.Name}\" rollout to finish: {status.Replicas - status.UpdatedReplicas} old replicas are pending termination...", false);
        if (status.AvailableReplicas < status.UpdatedReplicas)
            return ($"Waiting for deployment \"{deployment.Name}\" rollout to finish: {status.AvailableReplicas} of {status.UpdatedReplicas} updated replicas are available...", false);
        return ($"deployment \"{deployment.Name}\" successfully rolled out", true);
    }

    static (string Line, bool Done) Judge(StatefulSet set)
    {
        var (status, wanted) = (set.Status, set.Spec.Replicas ?? 1);
        if (set.Spec.UpdateStrategy.Type == UpdateStrategyType.OnDelete) throw new CliException($"statefulset/{set.Name} has the strategy OnDelete: its pods are renewed when somebody deletes them");
        if (status.ObservedGeneration is null || status.ObservedGeneration < set.Metadata.Generation) return ("Waiting for statefulset spec update to be observed...", false);
        if (status.ReadyReplicas < wanted) return ($"Waiting for {wanted - status.ReadyReplicas} pods to be ready...", false);
        var renewed = Math.Max(0, wanted - (set.Spec.UpdateStrategy.RollingUpdate?.Partition ?? 0));
        if (status.UpdatedReplicas < renewed) return ($"Waiting for rolling update to complete {status.UpdatedReplicas} pods at revision {status.UpdateRevision}...", false);
        return renewed < wanted
            ? ($"partitioned roll out complete: {status.UpdatedReplicas} new pods have been updated...", true)
            : ($"statefulset rolling update complete {status.UpdatedReplicas} pods at revision {status.UpdateRevision}...", true);
    }

    static (string Line, bool Done) Judge(DaemonSet set)
    {
        var status = set.Status;
        if (set.Spec.UpdateStrategy.Type == UpdateStrategyType.OnDelete) throw new CliException($"daemonset/{set.Name} has the strategy OnDelete: its pods are renewed when somebody deletes them");
        if (status.ObservedGeneration is null || status.ObservedGeneration < set.Metadata.Generation) return ("Waiting for daemon set spec update to be observed...", false);
        if (status.UpdatedNumberScheduled < status.DesiredNumberScheduled)
            return ($"Waiting for daemon set \"{set.Name}\" rollout to finish: {status.UpdatedNumberScheduled} out of {status.DesiredNumberScheduled} new pods have been updated...", false);
        return status.NumberAvailable < status.DesiredNumberScheduled
            ? ($"Waiting for daemon set \"{set.Name}\" rollout to finish: {status.NumberAvailable} of {status.DesiredNumberScheduled} updated pods are available...", false)
            : ($"daemon set \"{set.Name}\" successfully rolled out", true);
    }
}
