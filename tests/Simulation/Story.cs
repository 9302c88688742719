using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Orchestrator.Manifests;
using Orchestrator.Manifests.Merging;
using Orchestrator.Model;
using Orchestrator.Model.Autoscaling;
using Orchestrator.Model.Meta;
using Orchestrator.Model.Scheduling;
using Orchestrator.Model.Nodes;
using Orchestrator.Model.Pods;
using Orchestrator.Model.State;
using Orchestrator.Model.Tables;
using Orchestrator.Model.Values;
using Orchestrator.Model.Workloads;
using Orchestrator.Reconcile.Routes;

namespace Orchestrator.Simulation;

/// <summary>One story: what is done to a small cluster, and what it looks like then, in virtual time.</summary>
sealed partial class Story
{
    readonly SmallCluster _cluster;
    readonly string _folder;
    readonly List<string> _told = [];
    readonly Dictionary<string, string> _names = new(StringComparer.Ordinal);
    readonly DateTimeOffset _began;

    public Story(string folder)
    {
        _folder = folder;
        _cluster = new SmallCluster(seed: 1, shuffled: false);
        _began = _cluster.Now;
        _cluster.Told = because => _told.Add($"{Durations.Text(_cluster.Now - _began),5}  {because}");
    }

    /// <summary>Hashes and random endings become numbers in the order in which they are met: what they are is no part of the story.</summary>
    string Plain(string text) => MadeUp().Replace(text, found =>
    {
        if (!_names.TryGetValue(found.Value, out var name)) _names[found.Value] = name = (found.Length > 6 ? "-rev" : "-") + (_names.Keys.Count(key => key.Length == found.Length) + 1).ToString(CultureInfo.InvariantCulture).PadLeft(found.Length > 6 ? 1 : 2, '0');
        return name;
    });

    [GeneratedRegex("-([bcdfghjklmnpqrstvwxz2456789]{10}|[bcdfghjklmnpqrstvwxz2456789]{5})\\b")]
    private static partial Regex MadeUp();

    /// <summary>What a line answers: nothing, a table, or what the reconcilers have done since they were last asked.</summary>
    public string Tell(string line) => Plain(Answer(line));

    string Answer(string line)
    {
        var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        switch (words)
        {
            case ["nodes", var count, .. var promise]:
                _cluster.FenceSeconds = promise is [var fence] ? int.Parse(fence["fence=".Length..], CultureInfo.InvariantCulture) : null;
                _cluster.Start(int.Parse(count, CultureInfo.InvariantCulture));
                return "";
            case ["join", var node]:
                _cluster.Join(node);
                return "";
            case ["apply", var file, .. var replaced]:
                return Apply(file, replaced);
            case ["settle"]:
                _cluster.Settle();
                return "";
            case ["advance", var time]:
                _cluster.Advance(Time(time));
                return "";
            case ["kill", var node]:
                _cluster.Kill(node);
                return "";
            case ["revive", var node]:
                _cluster.Revive(node);
                return "";
            case ["cordon" or "uncordon", var name]:
                var node1 = _cluster.State.Find<Node>(Node.KindName, "", name)!; // a story names nodes that it has
                return Refusal(_cluster.Write(new Update(node1 with { Spec = node1.Spec with { Unschedulable = words[0] == "cordon" } })));
            case ["scale", var target, var replicas]:
                return Refusal(_cluster.Write(new Update(Scale.Of(Find(target))!.To(int.Parse(replicas, CultureInfo.InvariantCulture)))));
            case ["load", var app, var cpu]:
                _cluster.Load(app, cpu == "unknown" ? null : Quantity.Parse(cpu).Millis);
                return "";
            case ["requests", var ingress, var perSecond]:
                _cluster.Requests(ingress, decimal.Parse(perSecond, CultureInfo.InvariantCulture));
                return "";
            case ["evict", var on]:
                foreach (var pod in _cluster.Pods.Where(pod => pod.Spec.NodeName == on)) _cluster.Write(new Update(Eviction.Ask(pod, _cluster.Now)));
                return "";
            case ["delete", var target]:
                return Refusal(_cluster.Write(new Delete(Key(target))));
            case ["promote", var target, .. var full]:
                var canary = _cluster.State.All<ReplicaSet>(ReplicaSet.KindName).First(set => Canary.StepOf(set) is not null); // a story promotes what there is
                var promoted = Find(target);
                var beyond = full is ["full"] ? int.MaxValue : Canary.StepOf(canary)!.Value; // as above
                return Refusal(_cluster.Write(new Update(promoted with
                {
                    Metadata = promoted.Metadata with
                    {
                        Annotations = new Dictionary<string, string>(promoted.Metadata.Annotations) { [Canary.Promoted] = $"{canary.Name}={beyond.ToString(CultureInfo.InvariantCulture)}" },
                    },
                })));
            case ["shares"]:
                return string.Concat(RouteReconciler.Compute(_cluster.State).Backends.Select(Shares));
            case ["get", var kinds]:
                return string.Join('\n', kinds.Split(',').Select(Shown));
            case ["conditions", var target]:
                return string.Concat(ConditionsOf(Find(target)).Select(each => $"{each.Type}={each.Status} {each.Reason}: {each.Message}\n"));
            case ["told"]:
                var told = string.Concat(_told.Select(each => each + "\n"));
                _told.Clear();
                return told;
            default:
                return $"there is no such step: {line}\n";
        }
    }

    string Apply(string file, IReadOnlyList<string> replaced)
    {
        var text = File.ReadAllText(Path.Combine(_folder, "files", file));
        foreach (var pair in replaced.Select(each => each.Split('='))) text = text.Replace(pair[0], pair[1], StringComparison.Ordinal);
        var read = ManifestReader.Read([new ManifestFile(file, text)]);
        var said = new StringBuilder();
        foreach (var problem in read.Problems.Concat(read.Warnings)) said.Append(problem).Append('\n');
        foreach (var wanted in read.Objects)
        {
            var operation = Manifests.Merging.Apply.Decide(wanted, _cluster.State.Find(wanted.Resource.Key)) switch
            {
                ToCreate create => new Create(create.Resource with { Metadata = create.Resource.Metadata with { Uid = $"uid-{create.Resource.Key}" } }),
                ToUpdate update => (Operation)new Update(update.Resource),
                Impossible impossible => throw new InvalidOperationException(string.Join("; ", impossible.Problems)),
                _ => new Expect(wanted.Resource.Key, _cluster.State.Find(wanted.Resource.Key)!.Metadata.Revision()), // unchanged, so it is there
            };
            said.Append(Refusal(_cluster.Write(operation)));
        }

        return said.ToString();
    }

    /// <summary>The pods behind a backend by their ReplicaSets, and the share of the requests that a canary's get together.</summary>
    string Shares(Backend backend)
    {
        var pods = _cluster.Pods.ToDictionary(pod => pod.Metadata.Uid!); // stored ones have one
        var sets = backend.Destinations.GroupBy(destination => pods[destination.Id].Metadata.Controller()!.Name).OrderBy(set => set.Key, StringComparer.Ordinal); // pods of a deployment
        return $"{backend.Id}: {string.Join(", ", sets.Select(set => $"{set.Key} {set.Count()}{(set.First().CanaryPercent is > 0 and var percent ? $" ({percent} %)" : "")}"))}\n";
    }

    string Shown(string word)
    {
        var kind = Kinds.Named(word)!; // a story names kinds that there are
        var columns = Table.Of(kind).Where(column => !column.Wide || column.Name == "NODE").ToList();
        List<IReadOnlyList<string>> rows = [[.. columns.Select(column => column.Name)]];
        var oldestFirst = _cluster.State.All<Resource>(kind.Name).OrderBy(each => each.Metadata.CreationTimestamp).ThenBy(each => each.Key);
        rows.AddRange(oldestFirst.Select(each => (IReadOnlyList<string>)[.. columns.Select(column => Plain(column.Cell(each, _cluster.Now)))]).ToList().OrderBy(row => row[0], StringComparer.Ordinal));
        if (rows.Count == 1) return $"no {kind.Plural}\n";
        var widths = columns.Select((_, i) => rows.Max(row => row[i].Length)).ToList();
        return string.Concat(rows.Select(row => string.Join("   ", row.Select((cell, i) => cell.PadRight(widths[i]))).TrimEnd() + "\n"));
    }

    static IReadOnlyList<Condition> ConditionsOf(Resource resource) => resource switch
    {
        Deployment deployment => deployment.Status.Conditions,
        ReplicaSet set => set.Status.Conditions,
        Job job => job.Status.Conditions,
        HorizontalPodAutoscaler autoscaler => autoscaler.Status.Conditions,
        Node node => node.Status.Conditions,
        Pod pod => pod.Status.Conditions,
        _ => throw new InvalidOperationException($"{resource.Key} has no conditions"),
    };

    /// <summary>An object by its name, or the first whose name begins so: pod/web-*.</summary>
    Resource Find(string target) => (target.EndsWith('*') ? _cluster.State.All<Resource>(Key(target).Kind).FirstOrDefault(each => each.Name.StartsWith(Key(target).Name.TrimEnd('*'), StringComparison.Ordinal)) : _cluster.State.Find(Key(target))) ?? throw new InvalidOperationException($"there is no {target}");

    static ResourceKey Key(string target)
    {
        var parts = target.Split('/');
        var kind = Kinds.Named(parts[0])!; // a story names kinds that there are
        return new ResourceKey(kind.Name, kind.Namespaced ? Namespace.Default : "", parts[1]);
    }

    static string Refusal(ApplyResult result) => result is Applied ? "" : $"refused: {result}\n";

    static TimeSpan Time(string text)
    {
        var number = int.Parse(text[..^1], CultureInfo.InvariantCulture);
        return text[^1] switch { 's' => TimeSpan.FromSeconds(number), 'm' => TimeSpan.FromMinutes(number), 'h' => TimeSpan.FromHours(number), _ => throw new FormatException(text) };
    }
}
