using Google.Protobuf;
using Grpc.Core;
using Orchestrator.Contracts;
using Orchestrator.ControlPlane.Store;
using Orchestrator.Model.Meta;
using Orchestrator.Model.State;

namespace Orchestrator.ControlPlane.Api;

/// <summary>Failures in the form in which gRPC carries them: a code that programs understand and one line for people.</summary>
static class RpcErrors
{
    /// <summary>The trailer with all problems of a refused request, as a ProblemList.</summary>
    const string ProblemsTrailer = "problems-bin";

    public static RpcException Invalid(IReadOnlyList<ProblemMessage> problems)
    {
        var list = new ProblemList();
        list.Problems.AddRange(problems);
        var first = problems[0];
        var message = first.Path.Length == 0 ? first.Message : $"{first.Path}: {first.Message}";
        var more = problems.Count == 1 ? "" : $" (and {problems.Count - 1} more problems)";
        return new RpcException(new Status(StatusCode.InvalidArgument, message + more), new Metadata { { ProblemsTrailer, list.ToByteArray() } });
    }

    public static RpcException Invalid(string message) => new(new Status(StatusCode.InvalidArgument, message));

    public static RpcException NotFound(ResourceKey key) => new(new Status(StatusCode.NotFound, $"{key} not found"));

    public static RpcException NotFoundAt(ResourceKey key, long revision) => new(new Status(StatusCode.NotFound, $"{key} not found at revision {revision}"));

    public static RpcException Unavailable(string message) => new(new Status(StatusCode.Unavailable, message));

    /// <summary>A refusal by the state machine.</summary>
    public static RpcException Of(ApplyResult refused) => refused switch
    {
        Conflict conflict => new RpcException(new Status(StatusCode.Aborted, $"{conflict.Key}: {conflict.Because}")),
        AlreadyExists exists => new RpcException(new Status(StatusCode.AlreadyExists, $"{exists.Key} exists already")),
        NotFound missing => NotFound(missing.Key),
        Fenced fenced => new RpcException(new Status(StatusCode.FailedPrecondition, fenced.Because)),
        _ => throw new System.Diagnostics.UnreachableException($"{refused.GetType().Name} is no refusal"),
    };

    /// <summary>Runs a call and turns what the store throws into what the caller understands.</summary>
    public static async Task<T> Translated<T>(Func<Task<T>> call)
    {
        try
        {
            return await call();
        }
        catch (Exception failure) when (Translation(failure) is { } translated)
        {
            throw translated;
        }
    }

    public static RpcException? Translation(Exception failure) => failure switch
    {
        CompactedException compacted => new RpcException(new Status(StatusCode.OutOfRange, compacted.Message)),
        FutureRevisionException future => new RpcException(new Status(StatusCode.OutOfRange, future.Message)),
        DiskFullException full => new RpcException(new Status(StatusCode.ResourceExhausted, full.Message)),
        StoreBusyException busy => new RpcException(new Status(StatusCode.ResourceExhausted, busy.Message)),
        CommandTooLargeException large => new RpcException(new Status(StatusCode.InvalidArgument, large.Message)),
        StoreUnavailableException unavailable => Unavailable(unavailable.Message),
        _ => null,
    };
}
