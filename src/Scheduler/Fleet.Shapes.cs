using Orchestrator.Model.Pods;
using Orchestrator.Model.Scheduling;
using Orchestrator.Model.Values;
using Orchestrator.Scheduler.Asks;
using Orchestrator.Scheduler.Policies;
using Orchestrator.Scheduler.Topology;

namespace Orchestrator.Scheduler;

/// <summary>Pods by what they ask for: those that ask for the same share a shape, and whoever counts the same pods by the same places shares a term.</summary>
sealed partial class Fleet
{
    readonly List<Term> _terms = [];
    readonly Dictionary<string, Term> _termsByText = new(StringComparer.Ordinal);
    readonly Dictionary<string, Places> _places = new(StringComparer.Ordinal);
    readonly SortedSet<string> _labelNames = new(StringComparer.Ordinal);
    readonly Dictionary<string, Shape> _shapes = new(StringComparer.Ordinal);
    readonly Dictionary<string, Identity> _identities = new(StringComparer.Ordinal);
    readonly Dictionary<string, Constraint> _constraints = new(StringComparer.Ordinal);
    readonly Dictionary<string, Policy> _policies = new(StringComparer.Ordinal);
    readonly Signature _signature = new();

    public IReadOnlyList<Term> Terms => _terms;

    public int ShapeCount => _shapes.Count;

    /// <summary>The shape of a pod. What it counts has to be known already, see <see cref="Learn"/>.</summary>
    public Shape ShapeOf(Pod pod)
    {
        var spec = pod.Spec;
        var ask = Ask.Of(spec, Amounts);
        if (Amounts.Count > Stride) Widen();
        var identity = IdentityOf(pod);
        var owner = pod.Metadata.OwnerReferences.Count == 0 ? null : pod.Metadata.Controller()?.Uid;
        var profile = ProfileOf(pod);
        var priority = _settings.PriorityOf(pod);
        var volumes = _settings.Volumes?.NodesFor(pod);

        _signature.Clear().Add(identity.Number).Add(owner).Add(profile).Add(priority).Add(spec.PreemptionPolicy is { } policy ? (long)policy : -1);
        foreach (var column in ask.Columns) _signature.Add(column).Add(ask.Values[column]);
        _signature.Add(ask.Devices).Add(ask.Share);
        var ports = HostPort.Of(spec);
        _signature.Add(ports.Length);
        foreach (var port in ports) _signature.Add((long)port.Protocol).Add(port.Number).Add(port.Address);
        AddConstraint(spec, volumes);
        AddCompany(spec);
        var shapes = _shapes.GetAlternateLookup<ReadOnlySpan<char>>();
        if (shapes.TryGetValue(_signature.Text, out var known)) return known;
        var text = _signature.Text.ToString();
        var @namespace = pod.Namespace;
        var near = spec.Affinity?.PodAffinity?.RequiredDuringSchedulingIgnoredDuringExecution.Select(term => TermOf(term, @namespace)).ToArray() ?? [];
        var shape = new Shape
        {
            Number = _shapes.Count,
            Ask = ask,
            Ports = ports,
            Constraint = ConstraintOf(spec, volumes),
            Identity = identity,
            Policy = PolicyOf(profile),
            Owner = owner,
            Priority = priority,
            MayPreempt = spec.PreemptionPolicy != PreemptionPolicy.Never,
            Near = near,
            Far = spec.Affinity?.PodAntiAffinity?.RequiredDuringSchedulingIgnoredDuringExecution.Select(term => TermOf(term, @namespace)).ToArray() ?? [],
            MayBeFirst = near.All(identity.Matched(this).Contains),
            Spreads = [.. spec.TopologySpreadConstraints.Select(each => SpreadOf(each, pod, identity))],
            Likings = [.. LikingsOf(spec, @namespace)],
            Spec = spec,
        };
        return _shapes[text] = shape;
    }

    /// <summary>Takes note of what these pods count, so that every pod is known by the labels that matter.</summary>
    public void Learn(IEnumerable<Pod> pods)
    {
        var before = _terms.Count;
        foreach (var pod in pods)
        {
            var spec = pod.Spec;
            if (spec.Affinity is null && spec.TopologySpreadConstraints.Count == 0) continue;
            foreach (var term in spec.Affinity?.PodAffinity?.RequiredDuringSchedulingIgnoredDuringExecution ?? []) TermOf(term, pod.Namespace);
            foreach (var term in spec.Affinity?.PodAntiAffinity?.RequiredDuringSchedulingIgnoredDuringExecution ?? []) TermOf(term, pod.Namespace);
            foreach (var _ in LikingsOf(spec, pod.Namespace)) continue;
            foreach (var each in spec.TopologySpreadConstraints) TermOf(each, pod);
        }

        if (_terms.Count > before) Recount();
    }

    public static string ProfileNameOf(Pod pod) => pod.Spec.SchedulerName is null or "" or "default-scheduler" ? "" : pod.Spec.SchedulerName;

    string ProfileOf(Pod pod) => ProfileNameOf(pod) is { Length: > 0 } named ? named : _settings.ProfileOf(pod.Namespace);

    Policy PolicyOf(string profile) => _policies.TryGetValue(profile, out var policy) ? policy : _policies[profile] = Profiles.Make(profile);

    /// <summary>Every pod may now be another one to the terms: they are known anew, and counted.</summary>
    void Recount()
    {
        _shapes.Clear();
        _identities.Clear();
        foreach (var term in _terms) term.Clear();
        foreach (var pods in _pods)
        {
            foreach (var occupant in pods ?? [])
            {
                occupant.Shape = ShapeOf(occupant.Pod);
                Count(occupant.Shape, occupant.Node, 1);
            }
        }
    }

    Identity IdentityOf(Pod pod)
    {
        _signature.Clear();
        if (_labelNames.Count > 0 || _terms.Count > 0)
        {
            _signature.Add(pod.Namespace);
            foreach (var name in _labelNames) _signature.Add(pod.Metadata.Labels.GetValueOrDefault(name));
        }

        if (_identities.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(_signature.Text, out var known)) return known;
        return _identities[_signature.Text.ToString()] = new Identity(_identities.Count, pod.Namespace, pod.Metadata.Labels);
    }

    Constraint ConstraintOf(PodSpec spec, IReadOnlyCollection<string>? volumes)
    {
        _signature.Clear();
        AddConstraint(spec, volumes);
        var constraints = _constraints.GetAlternateLookup<ReadOnlySpan<char>>();
        if (constraints.TryGetValue(_signature.Text, out var known)) return known;
        return _constraints[_signature.Text.ToString()] = new Constraint(spec, volumes, this);
    }

    void AddConstraint(PodSpec spec, IReadOnlyCollection<string>? volumes)
    {
        AddTolerations(_signature.Add(spec.NodeSelector), spec);
        var required = spec.Affinity?.NodeAffinity?.RequiredDuringSchedulingIgnoredDuringExecution;
        _signature.Add(required?.NodeSelectorTerms.Count ?? -1);
        foreach (var term in required?.NodeSelectorTerms ?? []) _signature.Add(term);
        var preferred = spec.Affinity?.NodeAffinity?.PreferredDuringSchedulingIgnoredDuringExecution ?? [];
        _signature.Add(preferred.Count);
        foreach (var each in preferred) _signature.Add(each.Weight).Add(each.Preference);
        _signature.Add(volumes?.Count ?? -1);
        foreach (var node in volumes ?? []) _signature.Add(node);
        if (!HasImages) return;
        foreach (var container in spec.Containers) _signature.Add(container.Image);
    }

    void AddCompany(PodSpec spec)
    {
        foreach (var affinity in (ReadOnlySpan<PodAffinity?>)[spec.Affinity?.PodAffinity, spec.Affinity?.PodAntiAffinity])
        {
            _signature.Add(affinity is null ? -1 : 1);
            if (affinity is null) continue;
            foreach (var term in affinity.RequiredDuringSchedulingIgnoredDuringExecution) _signature.Add(term);
            foreach (var each in affinity.PreferredDuringSchedulingIgnoredDuringExecution) _signature.Add(each.Weight).Add(each.PodAffinityTerm);
        }

        _signature.Add(spec.TopologySpreadConstraints.Count);
        foreach (var each in spec.TopologySpreadConstraints)
            _signature.Add(each.TopologyKey).Add(each.MaxSkew).Add(each.MinDomains ?? 0).Add((long)each.WhenUnsatisfiable).Add(each.LabelSelector)
                .Add(each.MatchLabelKeys).Add((long)(each.NodeAffinityPolicy ?? NodeInclusionPolicy.Honor)).Add((long)(each.NodeTaintsPolicy ?? NodeInclusionPolicy.Ignore));
    }

    IEnumerable<Liking> LikingsOf(PodSpec spec, string @namespace)
    {
        foreach (var each in spec.Affinity?.PodAffinity?.PreferredDuringSchedulingIgnoredDuringExecution ?? [])
            yield return new Liking(TermOf(each.PodAffinityTerm, @namespace), each.Weight);
        foreach (var each in spec.Affinity?.PodAntiAffinity?.PreferredDuringSchedulingIgnoredDuringExecution ?? [])
            yield return new Liking(TermOf(each.PodAffinityTerm, @namespace), -each.Weight);
    }

    Spread SpreadOf(TopologySpreadConstraint each, Pod pod, Identity identity)
    {
        var term = TermOf(each, pod);
        var own = identity.Matched(this).Contains(term) ? 1 : 0;
        return new Spread(term, each.MaxSkew, each.MinDomains ?? 0, each.WhenUnsatisfiable == UnsatisfiableAction.DoNotSchedule, own);
    }

    Term TermOf(TopologySpreadConstraint said, Pod pod)
    {
        var selector = said.LabelSelector;
        foreach (var key in said.MatchLabelKeys)
        {
            if (selector is null || !pod.Metadata.Labels.TryGetValue(key, out var value)) continue;
            selector = selector with { MatchExpressions = [.. selector.MatchExpressions, new LabelRequirement { Key = key, Operator = LabelOperator.In, Values = [value] }] };
        }

        return TermOf(PlacesOf(said, pod.Spec), selector, [pod.Namespace], null);
    }

    Term TermOf(PodAffinityTerm said, string @namespace)
    {
        var namespaces = said.Namespaces.Count == 0 && said.NamespaceSelector is null ? (IReadOnlyList<string>)[@namespace] : said.Namespaces;
        return TermOf(PlacesOf(said.TopologyKey, said.TopologyKey, null), said.LabelSelector, namespaces, said.NamespaceSelector);
    }

    Term TermOf(Places places, LabelSelector? selector, IReadOnlyList<string> namespaces, LabelSelector? namespaceSelector)
    {
        var text = new Signature().Add(places.Number).Add(selector).Add(namespaces).Add(namespaceSelector).Text.ToString();
        if (_termsByText.TryGetValue(text, out var known)) return known;
        var term = new Term(places, selector, namespaces, namespaceSelector);
        _labelNames.UnionWith(term.LabelNames);
        _terms.Add(term);
        return _termsByText[text] = term;
    }

    /// <summary>The places of a spread: all nodes, or those that the pod's own choice of nodes leaves in.</summary>
    Places PlacesOf(TopologySpreadConstraint said, PodSpec spec)
    {
        var chosen = said.NodeAffinityPolicy != NodeInclusionPolicy.Ignore && (spec.NodeSelector.Count > 0 || spec.Affinity?.NodeAffinity?.RequiredDuringSchedulingIgnoredDuringExecution is not null);
        var welcome = said.NodeTaintsPolicy == NodeInclusionPolicy.Honor;
        if (!chosen && !welcome) return PlacesOf(said.TopologyKey, said.TopologyKey, null);
        var text = new Signature().Add(said.TopologyKey).Add(chosen ? 1 : 0);
        if (chosen)
        {
            var terms = spec.Affinity?.NodeAffinity?.RequiredDuringSchedulingIgnoredDuringExecution?.NodeSelectorTerms;
            text.Add(spec.NodeSelector).Add(terms?.Count ?? -1);
            foreach (var term in terms ?? []) text.Add(term);
        }

        if (welcome) AddTolerations(text.Add(1), spec);
        return PlacesOf(text.Text.ToString(), said.TopologyKey, node => Constraint.Includes(spec, said, Nodes[node]));
    }

    Places PlacesOf(string text, string key, Func<int, bool>? included) =>
        _places.TryGetValue(text, out var known) ? known : _places[text] = new Places(_places.Count, key, this, included);

    static void AddTolerations(Signature signature, PodSpec spec)
    {
        signature.Add(spec.Tolerations.Count);
        foreach (var each in spec.Tolerations) signature.Add(each.Key).Add((long)each.Operator).Add(each.Value).Add(each.Effect is { } effect ? (long)effect : -1);
    }
}
