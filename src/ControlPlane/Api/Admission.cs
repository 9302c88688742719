using Orchestrator.Contracts;
using Orchestrator.Manifests;
using Orchestrator.Manifests.Merging;
using Orchestrator.Model.Gateways;
using Orchestrator.Model.Meta;
using Orchestrator.Model.Pods;
using Orchestrator.Model.Scheduling;
using Orchestrator.Model.Services;
using Orchestrator.Model.State;
using Orchestrator.Model.Workloads;
using Orchestrator.Reconcile.Services;

namespace Orchestrator.ControlPlane.Api;

/// <summary>Decides what a request to apply objects comes to: one command, or every problem it has. Pure: it is given the state and the ids.</summary>
static class Admission
{
    /// <summary>One object of a request and what is done about it.</summary>
    public sealed record Step(AppliedObject.Types.Action Action, Resource Resource, IReadOnlyList<string> Warnings);

    /// <param name="Operations">In the order of the request; empty when nothing changes.</param>
    public sealed record Decision(IReadOnlyList<Step> Steps, IReadOnlyList<Operation> Operations, IReadOnlyList<ProblemMessage> Problems);

    public static Decision Decide(ClusterState state, IReadOnlyList<ReadOnlyMemory<byte>> objects, Func<string> newUid)
    {
        var problems = new List<ProblemMessage>();
        var read = new List<(int Index, ManifestObject Object, IReadOnlyList<string> Warnings)>();
        for (var i = 0; i < objects.Count; i++)
        {
            var set = ManifestReader.ReadJson("request", objects[i]);
            problems.AddRange(set.Problems.Select(problem => Problem(i, problem.Path, problem.Message)));
            var warnings = set.Warnings.Select(warning => $"{warning.Path}: {warning.Message}").ToList();
            if (set.Objects.Count > 0) read.Add((i, set.Objects[0], warnings));
        }

        foreach (var twice in read.GroupBy(each => each.Object.Resource.Key).Where(group => group.Count() > 1))
            problems.Add(Problem(twice.Last().Index, "metadata.name", $"{twice.Key} is in the request twice"));

        var requested = read.Select(each => each.Object.Resource).ToList();
        var steps = new List<Step>();
        var operations = new List<Operation>();
        var supposed = state;
        foreach (var (index, wanted, warnings) in read)
        {
            var @namespace = wanted.Resource.Namespace;
            var known = @namespace.Length == 0
                || state.Find<Namespace>(Namespace.KindName, "", @namespace) is not null
                || read.Any(each => each.Object.Resource is Namespace && each.Object.Resource.Name == @namespace);
            if (state.Find<Namespace>(Namespace.KindName, "", @namespace) is { } home && home.IsBeingDeleted() && state.Find(wanted.Resource.Key) is null)
                problems.Add(Problem(index, "metadata.namespace", $"namespace {@namespace} is being deleted, and nothing new is taken into it; wait until it is gone"));
            if (!known) problems.Add(Problem(index, "metadata.namespace", $"there is no namespace {@namespace}; create it first, or in the same manifest"));
            Add(Apply.Decide(wanted, state.Find(wanted.Resource.Key)), index, [.. warnings, .. Foreign(wanted.Resource), .. Refused(wanted.Resource)]);
        }

        return new Decision(steps, operations, problems);

        // As in Kubernetes, a workload whose pods will be refused is taken: the pods are what the limits are for.
        IEnumerable<string> Refused(Resource resource)
        {
            if (Template(resource) is not { } template) return [];
            var limits = LimitsOf(state, requested, resource.Namespace);
            return Limits.Broken(Limits.Filled(new Pod { Spec = template.Spec }, limits).Spec, limits).Select(broken => $"spec.template.{broken.Path}: its pods will be refused: {broken.Message}");
        }

        Resource Numbered(Resource resource, int index)
        {
            (resource, supposed, var refused) = Admission.Numbered(supposed, resource);
            problems.AddRange(refused.Select(problem => Problem(index, problem.Path, problem.Message)));
            return resource;
        }

        void Add(ApplyOutcome outcome, int index, IReadOnlyList<string> warnings)
        {
            switch (outcome)
            {
                case ToCreate create:
                    var (resource, broken) = Limited(create.Resource with { Metadata = create.Resource.Metadata with { Uid = newUid() } }, LimitsOf(state, requested, create.Resource.Namespace));
                    problems.AddRange(broken.Select(problem => Problem(index, problem.Path, problem.Message)));
                    resource = Numbered(resource, index);
                    operations.Add(new Create(resource));
                    steps.Add(new Step(AppliedObject.Types.Action.Created, resource, warnings));
                    break;
                case ToUpdate update:
                    var changed = Numbered(update.Resource, index);
                    operations.Add(new Update(changed));
                    steps.Add(new Step(AppliedObject.Types.Action.Configured, changed, warnings));
                    break;
                case Unchanged unchanged:
                    steps.Add(new Step(AppliedObject.Types.Action.Unchanged, unchanged.Resource, warnings));
                    break;
                case Impossible impossible:
                    problems.AddRange(impossible.Problems.Select(problem => Problem(index, problem.Path, problem.Message)));
                    break;
            }
        }
    }

    /// <summary>A service with its address and ports, and the state with it, for those of the same request that come after it.</summary>
    /// <param name="state">With those that came before it.</param>
    public static (Resource Resource, ClusterState State, IReadOnlyList<(string Path, string Message)> Problems) Numbered(ClusterState state, Resource resource)
    {
        if (resource is not Service service) return (resource, state, []);
        var (numbered, problems) = ServiceNumbers.Given(state, service, state.Find(service.Key) as Service);
        return (numbered, state.With(numbered), problems);
    }

    /// <summary>The LimitRanges of a namespace as they will be with the request, whose own hold for its pods as well.</summary>
    public static IReadOnlyList<LimitRange> LimitsOf(ClusterState state, IReadOnlyCollection<Resource> requested, string @namespace)
    {
        var ours = requested.OfType<LimitRange>().Where(each => each.Namespace == @namespace).ToList();
        return [.. Limits.Of(state, @namespace).Where(old => ours.TrueForAll(each => each.Name != old.Name)), .. ours];
    }

    /// <summary>An object as it is created: a pod held back by what it depends on, with the defaults of the LimitRanges, and what it breaks of their bounds.</summary>
    public static (Resource Resource, IReadOnlyList<(string Path, string Message)> Broken) Limited(Resource resource, IReadOnlyList<LimitRange> limits)
    {
        if (resource is not Pod pod) return (resource, []);
        var filled = Limits.Filled(Dependencies.Gated(pod), limits);
        return (filled, [.. Limits.Broken(filled.Spec, limits)]);
    }

    // It may be meant for somebody else's controller; more often it comes from somebody else's cluster.
    static IEnumerable<string> Foreign(Resource resource) => resource switch
    {
        Ingress { IsOurs: false, Spec.IngressClassName: var name } => [$"spec.ingressClassName: the ingresses here do not serve class {name}; leave it out, or say {Ingress.OwnClass}"],
        Gateway { IsOurs: false, Spec.GatewayClassName: var name } => [$"spec.gatewayClassName: the ingresses here do not serve class {name}; say {Gateway.OwnClass}"],
        _ => [],
    };

    static PodTemplate? Template(Resource resource) => resource switch
    {
        Deployment deployment => deployment.Spec.Template,
        ReplicaSet set => set.Spec.Template,
        StatefulSet set => set.Spec.Template,
        DaemonSet set => set.Spec.Template,
        Job job => job.Spec.Template,
        _ => null,
    };

    static ProblemMessage Problem(int index, string path, string message) => new() { Index = index, Path = path, Message = message };
}
