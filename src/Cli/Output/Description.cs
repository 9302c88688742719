using System.Text;
using Orchestrator.Cli.Commands;
using Orchestrator.Cli.Connection;
using Orchestrator.Model;
using Orchestrator.Model.Autoscaling;
using Orchestrator.Model.Configuration;
using Orchestrator.Model.Meta;
using Orchestrator.Model.Nodes;
using Orchestrator.Model.Pods;
using Orchestrator.Model.Tables;
using Orchestrator.Model.Workloads;

namespace Orchestrator.Cli.Output;

/// <summary>An object told to a person: what it is, what it should be, what is seen of it, and why it is not as it should be.</summary>
sealed class Description
{
    const int LabelWidth = 18;

    readonly StringBuilder _text = new();

    public static async Task<string> OfAsync(Resource resource, ClusterConnection cluster, TimeProvider clock, CancellationToken token)
    {
        var description = new Description();
        description.Head(resource, clock.GetUtcNow());
        switch (resource)
        {
            case Pod pod:
                description.Pod(pod);
                break;
            case Deployment deployment:
                description.Deployment(deployment);
                description.List("ReplicaSets", await Owned(ReplicaSet.KindName), clock);
                break;
            case ReplicaSet set:
                description.Line("Replicas", $"{set.Status.Replicas} current / {set.Spec.Replicas ?? 1} desired, {set.Status.ReadyReplicas} ready");
                description.List("Pods", await Owned(Model.Pods.Pod.KindName), clock);
                break;
            case StatefulSet or DaemonSet or Job:
                description.Cells(resource, clock.GetUtcNow());
                description.Conditions(resource switch { StatefulSet set => set.Status.Conditions, DaemonSet set => set.Status.Conditions, Job job => job.Status.Conditions, _ => [] });
                description.List("Pods", await Owned(Model.Pods.Pod.KindName), clock);
                break;
            case HorizontalPodAutoscaler autoscaler:
                description.Cells(resource, clock.GetUtcNow());
                description.Conditions(autoscaler.Status.Conditions);
                break;
            case CronJob cron:
                description.Cells(resource, clock.GetUtcNow());
                description.Line("Concurrency", cron.Spec.ConcurrencyPolicy.ToString());
                description.List("Jobs", await Owned(Job.KindName), clock);
                break;
            case Node node:
                description.Node(node);
                var pods = await All(Model.Pods.Pod.KindName, "");
                description.List("Pods", [.. pods.Where(each => ((Pod)each).Spec.NodeName == node.Name)], clock);
                break;
            case ConfigMap map:
                description.Content(map);
                break;
            case Secret secret:
                description.Content(secret);
                break;
            default:
                description.Cells(resource, clock.GetUtcNow());
                break;
        }

        return description._text.ToString();

        async Task<IReadOnlyList<Resource>> Owned(string kind) =>
            [.. (await All(kind, resource.Namespace)).Where(each => each.Metadata.Controller()?.Uid == resource.Metadata.Uid)];

        Task<IReadOnlyList<Resource>> All(string kind, string @namespace) =>
            new Query(@namespace, "").FindAsync(cluster, new Target(Kinds.Find(kind)!, null), token); // the kinds named here are in the list
    }

    void Head(Resource resource, DateTimeOffset now)
    {
        Line("Name", resource.Name);
        if (resource.Namespace.Length > 0) Line("Namespace", resource.Namespace);
        if (resource.Metadata.Labels.Count > 0) Line("Labels", string.Join(", ", resource.Metadata.Labels.OrderBy(each => each.Key, StringComparer.Ordinal).Select(each => $"{each.Key}={each.Value}")));
        if (resource.Metadata.CreationTimestamp is { } created) Line("Age", $"{Durations.Text(now - created)} (since {created:yyyy-MM-dd HH:mm:ss} UTC)");
        if (resource.Metadata.Controller() is { } owner) Line("Controlled By", $"{owner.Kind}/{owner.Name}");
    }

    void Pod(Pod pod)
    {
        Line("Status", PodColumns.StatusOf(pod));
        if (pod.Status.Reason is { } reason) Line("Reason", reason);
        if (pod.Status.Message is { } message) Line("Message", message);
        Line("Node", pod.Spec.NodeName is { } node ? pod.Status.HostIp is { } host ? $"{node} ({host})" : node : "<none>");
        Line("IP", pod.Status.PodIp ?? "<none>");
        if (pod.Status.QosClass is { } quality) Line("QoS Class", quality.ToString());
        if (pod.Metadata.DeletionTimestamp is { } end) Line("Termination", $"asked for; grace of {pod.Metadata.DeletionGracePeriodSeconds} s ends {end:HH:mm:ss} UTC");
        foreach (var (container, status, kind) in pod.Spec.InitContainers.Select(each => (each, pod.Status.InitContainerStatuses, "Init Container"))
            .Concat(pod.Spec.Containers.Select(each => (each, pod.Status.ContainerStatuses, "Container"))))
        {
            Container(kind, container, status.FirstOrDefault(each => each.Name == container.Name));
        }

        Conditions(pod.Status.Conditions);
    }

    void Container(string kind, Container container, ContainerStatus? status)
    {
        _text.Append($"{kind} {container.Name}:\n");
        Line("  Image", container.Image);
        if (status?.ImageId is { Length: > 0 } digest) Line("  Image ID", digest);
        if (container.Ports.Count > 0) Line("  Ports", string.Join(", ", container.Ports.Select(port => $"{port.Port}/{port.Protocol}")));
        Amounts("  Requests", container.Resources.Requests);
        Amounts("  Limits", container.Resources.Limits);
        if (status is null) return;
        Line("  State", StateOf(status.State));
        if (status.LastState.Terminated is not null) Line("  Last State", StateOf(status.LastState));
        Line("  Ready", status.Ready ? "True" : "False");
        Line("  Restart Count", status.RestartCount.ToString(System.Globalization.CultureInfo.InvariantCulture));
    }

    static string StateOf(ContainerState state)
    {
        if (state.Running is { } running) return $"Running since {running.StartedAt:HH:mm:ss} UTC";
        if (state.Terminated is { } ended)
            return $"Terminated: {ended.Reason ?? "Error"}, exit code {ended.ExitCode}{(ended.Message is { Length: > 0 } said ? $": {said}" : "")}";
        return state.Waiting is { } waiting ? $"Waiting: {waiting.Reason}{(waiting.Message is { Length: > 0 } why ? $": {why}" : "")}" : "Waiting";
    }

    void Deployment(Deployment deployment)
    {
        var status = deployment.Status;
        Line("Replicas", $"{deployment.Spec.Replicas ?? 1} desired, {status.UpdatedReplicas} updated, {status.Replicas} total, {status.AvailableReplicas} available, {status.UnavailableReplicas} unavailable");
        Line("Strategy", deployment.Spec.Strategy.Type.ToString());
        Conditions(status.Conditions);
    }

    void Node(Node node)
    {
        Line("Address", node.Status.InternalIp() ?? "<none>");
        Line("Pod CIDR", node.Spec.PodCidr ?? "<none>");
        Line("Unschedulable", node.Spec.Unschedulable ? "True" : "False");
        if (node.Spec.Taints.Count > 0) Line("Taints", string.Join(", ", node.Spec.Taints.Select(taint => $"{taint.Key}{(taint.Value is null ? "" : "=" + taint.Value)}:{taint.Effect}")));
        Amounts("Capacity", node.Status.Capacity);
        Amounts("Allocatable", node.Status.Allocatable);
        Conditions(node.Status.Conditions);
    }

    void Content(ConfigMap map)
    {
        if (map.Immutable) Line("Immutable", "True");
        foreach (var (key, value) in map.Data.OrderBy(each => each.Key, StringComparer.Ordinal)) _text.Append($"Data {key}:\n{value}{(value.EndsWith('\n') ? "" : "\n")}");
        foreach (var (key, bytes) in (map with { Data = new Dictionary<string, string>() }).Content()) Line($"Binary {key}", $"{bytes.Length} bytes");
    }

    void Content(Secret secret)
    {
        Line("Type", secret.Type);
        if (secret.Immutable) Line("Immutable", "True");
        _text.Append("Data:\n");
        foreach (var (key, bytes) in secret.Content()) Line($"  {key}", $"{bytes.Length} bytes");
    }

    void Conditions(IReadOnlyList<Condition> conditions)
    {
        if (conditions.Count == 0) return;
        _text.Append("Conditions:\n");
        var rows = conditions.Select(each => (IReadOnlyList<string>)["  " + each.Type, each.Status.ToString(), each.Reason ?? "", each.Message ?? ""]);
        _text.Append(TextTable.Text(["  TYPE", "STATUS", "REASON", "MESSAGE"], rows.ToList()));
    }

    void List(string title, IReadOnlyList<Resource> resources, TimeProvider clock)
    {
        _text.Append($"{title}:{(resources.Count == 0 ? " <none>" : "")}\n");
        if (resources.Count == 0) return;
        var table = new Printer(Format.Table, showNamespace: false, heads: true, clock).Print(Kinds.Find(resources[0].Kind)!, resources, single: false); // stored kinds are in the list
        foreach (var line in table.Split('\n', StringSplitOptions.RemoveEmptyEntries)) _text.Append("  ").Append(line).Append('\n');
    }

    void Cells(Resource resource, DateTimeOffset now)
    {
        foreach (var column in Table.Of(Kinds.Find(resource.Kind)!).Where(column => column.Name is not ("NAME" or "AGE"))) Line(column.Name[..1] + column.Name[1..].ToLowerInvariant(), column.Cell(resource, now)); // stored kinds are in the list
    }

    void Amounts(string label, IReadOnlyDictionary<string, Model.Values.Quantity> amounts)
    {
        if (amounts.Count > 0) Line(label, string.Join(", ", amounts.OrderBy(each => each.Key, StringComparer.Ordinal).Select(each => $"{each.Key} {each.Value}")));
    }

    void Line(string label, string value) => _text.Append((label + ":").PadRight(LabelWidth)).Append(' ').Append(value).Append('\n');
}
