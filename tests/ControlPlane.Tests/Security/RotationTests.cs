using Orchestrator.Contracts.Security;
using Orchestrator.ControlPlane.Security;

namespace Orchestrator.ControlPlane.Tests.Security;

/// <summary>The change from one CA to another, step by step.</summary>
public sealed class RotationTests
{
    static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    readonly byte[] _clusterKey = ClusterKey.New();

    [Fact]
    public void Nothing_happens_while_nobody_has_asked_for_it() =>
        Assert.Null(Rotation.Next(Settled(), [Member("s1"), Member("n1")]));

    [Fact]
    public void A_new_root_does_not_sign_before_every_member_trusts_it()
    {
        var old = Settled();
        var begun = Begun(old);
        Assert.Equal(old.SignerDigest, begun.SignerDigest);
        Assert.Null(Rotation.Next(begun, [Member("s1", begun), Member("n1", old)]));
        Assert.Null(Rotation.Next(begun, [Member("s1", begun), Member("n1")]));

        var replacing = Rotation.Next(begun, [Member("s1", begun), Member("n1", begun)])!; // both trust it
        Assert.Equal(begun.Roots[0].Digest, replacing.SignerDigest);
        Assert.Equal(begun.RootDigests, replacing.RootDigests);
    }

    [Fact]
    public void The_old_root_is_trusted_until_every_member_has_a_certificate_of_the_new_one()
    {
        var begun = Begun(Settled());
        var replacing = Rotation.Next(begun, [])!; // nobody to wait for
        var late = Member("n1", begun);
        Assert.NotEqual(replacing.SignerDigest, late.SignedBy);
        Assert.Null(Rotation.Next(replacing, [Member("s1", replacing), late]));

        var settled = Rotation.Next(replacing, [Member("s1", replacing), Member("n1", replacing)])!; // both have one
        Assert.Equal(replacing.SignerDigest, Assert.Single(settled.Roots).Digest);
        Assert.Null(Rotation.Next(settled, [Member("s1", replacing)]));
    }

    [Fact]
    public void A_member_that_was_removed_is_not_waited_for()
    {
        var begun = Begun(Settled());
        Assert.NotNull(Rotation.Next(begun, [Member("s1", begun), Member("n1") with { Removed = Now }]));
    }

    [Fact]
    public void Both_roots_open_with_the_cluster_key_and_certificates_of_each_are_told_apart_by_who_signed_them()
    {
        var begun = Begun(Settled());
        var replacing = Rotation.Next(begun, [])!; // nobody to wait for
        using var key = CredentialFiles.NewKey();
        var (byOld, byNew) = (SignedBy(begun), SignedBy(replacing));
        Assert.Equal(begun.SignerDigest, byOld);
        Assert.Equal(replacing.SignerDigest, byNew);

        string SignedBy(AuthorityRecord record) => Credential.FromPem(
            record.Signing(_clusterKey).Sign(CredentialFiles.RequestFor(key), new Identity(Purpose.Agent, "n1", "1"), DateTimeOffset.UtcNow, TimeSpan.FromHours(1)),
            key.ExportPkcs8PrivateKeyPem(),
            record.RootsPem).SignedBy;
    }

    AuthorityRecord Settled() => new([Root()]);

    AuthorityRecord Begun(AuthorityRecord record) => AuthorityRecord.Parse(Rotation.Begun(record, Root()).ToJson()); // as it comes from the store

    StoredRoot Root() => StoredRoot.Of(RootAuthority.New(Now), _clusterKey);

    static MemberRecord Member(string name, AuthorityRecord? taken = null) => new(Purpose.Agent, name, "1", Now)
    {
        Trusts = taken?.RootDigests ?? "",
        SignedBy = taken?.SignerDigest ?? "",
    };
}
