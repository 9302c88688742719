using System.CommandLine;
using Grpc.Core;
using Orchestrator.Cli.Connection;
using Orchestrator.Contracts;
using Orchestrator.Model.Workloads;

namespace Orchestrator.Cli.Commands;

/// <summary><c>orch rollout status</c>: follows a deployment until all its pods are of the newest template and available.</summary>
static class RolloutCommand
{
    public static Command Create(SharedOptions shared)
    {
        var target = new Argument<string>("deployment") { Description = "deployment/web" };
        var timeout = new Option<int>("--timeout") { Description = "give up after so many seconds; 0 waits for ever" };
        var status = new Command("status", "Follow a deployment until it is rolled out.") { target, timeout };
        status.SetAction(async (parsed, token) =>
        {
            var text = parsed.GetValue(target)!; // required
            var wanted = Target.Read([text.Contains('/') ? text : $"deployment/{text}"])[0];
            if (wanted.Kind.Name != Deployment.KindName) throw new CliException($"only deployments are rolled out, not a {wanted.Kind.Singular}");
            using var cluster = shared.Connect(parsed);
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(token);
            var seconds = parsed.GetValue(timeout);
            if (seconds > 0) patience.CancelAfter(TimeSpan.FromSeconds(seconds));
            try
            {
                return await FollowAsync(cluster, shared.Namespace(parsed), wanted.Name!, patience.Token); // written as kind/name
            }
            catch (Exception late) when (patience.IsCancellationRequested && !token.IsCancellationRequested && late is OperationCanceledException or RpcException)
            {
                throw new CliException($"deployment/{wanted.Name} was not rolled out within {seconds} s; `orch describe deployment/{wanted.Name}` and `orch get pods` tell more");
            }
        });
        return new Command("rollout", "Follow how a deployment's pods are replaced.") { status };
    }

    static async Task<int> FollowAsync(ClusterConnection cluster, string @namespace, string name, CancellationToken token)
    {
        await cluster.AskAsync(client => client.GetAsync(new GetRequest { Kind = Deployment.KindName, Namespace = @namespace, Name = name }, cancellationToken: token).ResponseAsync);
        var request = new WatchRequest { Kind = Deployment.KindName, Namespace = @namespace };
        using var call = await cluster.OpenAsync(client => client.Watch(request, cancellationToken: token));
        string? said = null;
        await foreach (var change in call.ResponseStream.ReadAllAsync(token))
        {
            if (change.Resource?.Name != name) continue;
            if (change.Type == WatchReply.Types.Type.Deleted) throw new CliException($"deployment/{name} was deleted");
            var (line, done) = Judge(change.Resource.ToResource<Deployment>());
            if (line != said) Console.WriteLine(line);
            said = line;
            if (done) return 0;
        }

        throw new CliException("the watch ended before the deployment was rolled out");
    }

    static (string Line, bool Done) Judge(Deployment deployment)
    {
        var (status, wanted) = (deployment.Status, deployment.Spec.Replicas ?? 1);
        if (status.ObservedGeneration < deployment.Metadata.Generation || status.ObservedGeneration is null)
            return ("Waiting for deployment spec update to be observed...", false);
        if (status.UpdatedReplicas < wanted)
            return ($"Waiting for deployment \"{deployment.Name}\" rollout to finish: {status.UpdatedReplicas} out of {wanted} new replicas have been updated...", false);
        if (status.Replicas > status.UpdatedReplicas)
            return ($"Waiting for deployment \"{deployment.Name}\" rollout to finish: {status.Replicas - status.UpdatedReplicas} old replicas are pending termination...", false);
        if (status.AvailableReplicas < status.UpdatedReplicas)
            return ($"Waiting for deployment \"{deployment.Name}\" rollout to finish: {status.AvailableReplicas} of {status.UpdatedReplicas} updated replicas are available...", false);
        return ($"deployment \"{deployment.Name}\" successfully rolled out", true);
    }
}
