using Orchestrator.Contracts.Security;
using Orchestrator.ControlPlane.Security;

namespace Orchestrator.ControlPlane.Tests.Security;

/// <summary>A CA as a cluster has it, and the certificates that it gives to whoever a test wants.</summary>
sealed class TestAuthority(string directory)
{
    static readonly TimeSpan Life = TimeSpan.FromDays(1);

    int _given;

    public RootAuthority Root { get; } = RootAuthority.New(DateTimeOffset.UtcNow);

    public CredentialFiles Server(string name = "s1") => Give(new Identity(Purpose.Server, name, Member()));

    public CredentialFiles Agent(string name = "n1") => Give(new Identity(Purpose.Agent, name, Member()));

    public CredentialFiles User(string name = "ann") => Give(new Identity(Purpose.User, name, ""));

    /// <param name="signed">When the certificate was signed; now when not given.</param>
    /// <param name="trusting">Whose root its bearer trusts; its own CA's when not given.</param>
    public CredentialFiles Give(Identity identity, DateTimeOffset? signed = null, TestAuthority? trusting = null)
    {
        var files = new CredentialFiles(Path.Combine(directory, $"pki-{identity.Name}-{Interlocked.Increment(ref _given)}"));
        using var key = CredentialFiles.NewKey();
        files.Replace(Root.Sign(CredentialFiles.RequestFor(key), identity, signed ?? DateTimeOffset.UtcNow, Life), key, (trusting ?? this).Root.Certificate.ExportCertificatePem());
        return files;
    }

    static string Member() => Identity.NewMembership(DateTimeOffset.UtcNow, after: null);
}
