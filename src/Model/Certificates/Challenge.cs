using Orchestrator.Model.Meta;

namespace Orchestrator.Model.Certificates;

/// <summary>
/// What an authority wants to hear on port 80 of a name before it gives a certificate for it (RFC 8555, section 8.3). There for as long as it asks. Nothing of it is secret. Source:
/// cert-manager, acme.cert-manager.io/v1 Challenge.
/// </summary>
public sealed record Challenge() : Resource<ChallengeSpec, ChallengeStatus>("acme.cert-manager.io/v1", KindName)
{
    public const string KindName = "Challenge";
}

public sealed record ChallengeSpec
{
    public string DnsName { get; init => field = value ?? ""; } = "";

    /// <summary>The last part of the path that is asked for.</summary>
    public string Token { get; init => field = value ?? ""; } = "";

    /// <summary>The answer.</summary>
    public string Key { get; init => field = value ?? ""; } = "";
}

public sealed record ChallengeStatus;
