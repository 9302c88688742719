using Grpc.Core;
using Orchestrator.Contracts;
using Orchestrator.Manifests;

namespace Orchestrator.Cli.Connection;

/// <summary>What a server finds wrong with objects that were sent, at the places where they were written.</summary>
static class Refusals
{
    const string ProblemsTrailer = "problems-bin";

    /// <summary>Every problem that the server names; null when it says nothing about single fields.</summary>
    public static IReadOnlyList<Problem>? Of(RpcException refused, ManifestSet sent)
    {
        if (refused.Trailers.GetValueBytes(ProblemsTrailer) is not { } problems) return null;
        return
        [
            .. ProblemList.Parser.ParseFrom(problems).Problems.Select(problem =>
                new Problem(problem.Index < sent.Objects.Count ? sent.Objects[problem.Index].PlaceOf(problem.Path) : default, problem.Path, problem.Message)),
        ];
    }
}
