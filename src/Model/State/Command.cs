using System.Text.Json.Serialization;
using Orchestrator.Model.Meta;

namespace Orchestrator.Model.State;

/// <summary>
/// What is written to the log: a transaction that changes all of what it names, or nothing. Everything that differs from run to run (the
/// time, ids) is in it, so that every replica comes to the same state.
/// </summary>
/// <param name="RequestId">The same for every try of the same request: a second try answers what the first did and changes nothing.</param>
/// <param name="Time">The proposer's clock, in UTC.</param>
/// <param name="Author">Who asked for it: a user, a controller or a node.</param>
public sealed record Command(string RequestId, DateTimeOffset Time, string Author)
{
    /// <summary>Refuses the whole command when its writer has been replaced; null for users.</summary>
    public Fence? Fence { get; init; }

    public IReadOnlyList<Operation> Operations { get; init => field = value ?? []; } = [];
}

/// <summary>Proof that a writer is still the one that may write. Exactly one of the two is set.</summary>
public sealed record Fence
{
    /// <summary>The epoch of the leader whose controllers write this.</summary>
    public long? LeaderEpoch { get; init; }

    /// <summary>The session of the node that writes this.</summary>
    public NodeSession? Session { get; init; }
}

/// <param name="Epoch">The revision at which the session was opened.</param>
public sealed record NodeSession(string Node, long Epoch);

/// <summary>One step of a command.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "op")]
[JsonDerivedType(typeof(Create), "create")]
[JsonDerivedType(typeof(Update), "update")]
[JsonDerivedType(typeof(UpdateStatus), "updateStatus")]
[JsonDerivedType(typeof(Delete), "delete")]
[JsonDerivedType(typeof(Bind), "bind")]
[JsonDerivedType(typeof(OpenSession), "openSession")]
[JsonDerivedType(typeof(ClaimLeadership), "claimLeadership")]
[JsonDerivedType(typeof(Expect), "expect")]
public abstract record Operation;

/// <summary>Stores a new object; its metadata already carries the uid.</summary>
public sealed record Create(Resource Resource) : Operation;

/// <summary>Replaces an object's spec and metadata; its status stays. Its resourceVersion, when set, must be the stored one.</summary>
public sealed record Update(Resource Resource) : Operation;

/// <summary>Replaces an object's status only. Its resourceVersion, when set, must be the stored one.</summary>
public sealed record UpdateStatus(Resource Resource) : Operation;

/// <summary>
/// Removes an object. A pod on a node is first only marked, with the end of its grace, and removed by the node's agent when it has stopped.
/// </summary>
/// <param name="Uid">When set, only the object with this uid.</param>
/// <param name="GraceSeconds">For a pod: null takes the pod's own grace, 0 removes it at once.</param>
public sealed record Delete(ResourceKey Key, string? Uid = null, long? GraceSeconds = null) : Operation;

/// <summary>Changes nothing, and refuses the whole command unless the object is as its writer has seen it.</summary>
/// <param name="Revision">The revision at which the object last changed; 0 when there must be none.</param>
public sealed record Expect(ResourceKey Key, long Revision) : Operation;

/// <summary>Places a pod on a node.</summary>
/// <param name="Uid">Only the pod with this uid.</param>
public sealed record Bind(ResourceKey Pod, string Uid, string Node) : Operation
{
    /// <summary>The pod's revision that the decision was made for; null places it whatever has changed.</summary>
    public long? Seen { get; init; }

    /// <summary>The devices of the node that the pod gets, by their numbers: whole ones first, then the one it has a share of.</summary>
    public IReadOnlyList<int> Devices { get; init => field = value ?? []; } = [];
}

/// <summary>Starts a new session of a node: whatever an older session says from now on is refused. Registers the node when it is new.</summary>
public sealed record OpenSession(Nodes.Node Node) : Operation;

/// <summary>Makes a server the one whose controllers may write; the revision of this command is its epoch.</summary>
public sealed record ClaimLeadership(string Server) : Operation;
