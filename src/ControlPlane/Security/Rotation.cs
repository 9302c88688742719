namespace Orchestrator.ControlPlane.Security;

/// <summary>Where the change from one CA to another is.</summary>
enum RotationStage
{
    /// <summary>There is one root.</summary>
    Settled,

    /// <summary>The old root signs; all members are to trust the new one, too.</summary>
    Introducing,

    /// <summary>The new root signs; all members are to have certificates of it.</summary>
    Replacing,
}

/// <summary>
/// The change to a new CA, in steps of which each begins when all members have taken the one before: at no time does somebody meet a certificate of a root that it does not
/// know. As SwarmKit, it waits for members that are away, until they are back or removed.
/// </summary>
static class Rotation
{
    /// <summary>The record with a new root, which does not sign yet: the last one does.</summary>
    public static AuthorityRecord Begun(AuthorityRecord record, StoredRoot fresh) => new([fresh, .. record.Roots], RotationStage.Introducing);

    /// <summary>The record after the next step; null while somebody has not taken the present one, or nothing is to do.</summary>
    public static AuthorityRecord? Next(AuthorityRecord record, IEnumerable<MemberRecord> members)
    {
        var staying = members.Where(member => member.Removed is null);
        return record.Stage switch
        {
            RotationStage.Introducing when staying.All(member => Trusts(record, member.Trusts)) => new([.. record.Roots.Skip(1), record.Roots[0]], RotationStage.Replacing),
            RotationStage.Replacing when staying.All(member => Renewed(record, member.SignedBy)) => new([record.Roots[^1]]),
            _ => null,
        };
    }

    /// <summary>Whether these are the roots that are to be trusted.</summary>
    public static bool Trusts(AuthorityRecord record, string trusted) => trusted == record.RootDigests;

    /// <summary>Whether a certificate is of the root that signs.</summary>
    public static bool Renewed(AuthorityRecord record, string signedBy) => signedBy == record.SignerDigest;
}
