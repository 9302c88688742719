using Orchestrator.Contracts;
using Orchestrator.Manifests;
using Orchestrator.Manifests.Merging;
using Orchestrator.Model.Meta;
using Orchestrator.Model.State;

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

        var steps = new List<Step>();
        var operations = new List<Operation>();
        foreach (var (index, wanted, warnings) in read)
        {
            var @namespace = wanted.Resource.Namespace;
            var known = @namespace.Length == 0
                || state.Find<Namespace>(Namespace.KindName, "", @namespace) is not null
                || read.Any(each => each.Object.Resource is Namespace && each.Object.Resource.Name == @namespace);
            if (!known) problems.Add(Problem(index, "metadata.namespace", $"there is no namespace {@namespace}; create it first, or in the same manifest"));
            Add(Apply.Decide(wanted, state.Find(wanted.Resource.Key)), index, warnings);
        }

        return new Decision(steps, operations, problems);

        void Add(ApplyOutcome outcome, int index, IReadOnlyList<string> warnings)
        {
            switch (outcome)
            {
                case ToCreate create:
                    var resource = create.Resource with { Metadata = create.Resource.Metadata with { Uid = newUid() } };
                    operations.Add(new Create(resource));
                    steps.Add(new Step(AppliedObject.Types.Action.Created, resource, warnings));
                    break;
                case ToUpdate update:
                    operations.Add(new Update(update.Resource));
                    steps.Add(new Step(AppliedObject.Types.Action.Configured, update.Resource, warnings));
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

    static ProblemMessage Problem(int index, string path, string message) => new() { Index = index, Path = path, Message = message };
}
