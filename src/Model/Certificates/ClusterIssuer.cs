using Orchestrator.Model.Meta;
using Orchestrator.Model.Schema;

namespace Orchestrator.Model.Certificates;

/// <summary>An authority that certificates for Ingresses are asked of, by ACME (RFC 8555). Source: cert-manager, cert-manager.io/v1 ClusterIssuer.</summary>
public sealed record ClusterIssuer() : Resource<ClusterIssuerSpec, ClusterIssuerStatus>("cert-manager.io/v1", KindName)
{
    public const string KindName = "ClusterIssuer";

    /// <summary>On an Ingress: the issuer that its certificates come from; on a Secret: the one that its certificate came from.</summary>
    public const string Annotation = "cert-manager.io/cluster-issuer";
}

[KnownUpstream("ca", "selfSigned", "vault", "venafi")]
public sealed record ClusterIssuerSpec
{
    public AcmeIssuer? Acme { get; init; }
}

[KnownUpstream("disableAccountKeyGeneration", "enableDurationFeature", "externalAccountBinding", "preferredChain", "profile", "skipTLSVerify")]
public sealed record AcmeIssuer
{
    /// <summary>Where the authority's directory is, such as https://acme-v02.api.letsencrypt.org/directory. Its terms of service are agreed to.</summary>
    public string Server { get; init => field = value ?? ""; } = "";

    /// <summary>Where the authority writes to, for example when a certificate is about to end.</summary>
    public string? Email { get; init; }

    /// <summary>The Secret of the namespace default that the account's key is kept in; made when it is not there.</summary>
    public KeyReference PrivateKeySecretRef { get; init => field = value ?? new(); } = new();

    /// <summary>Roots that the authority's own server is trusted by, in PEM as base64; null for those of the system.</summary>
    public string? CaBundle { get; init; }

    /// <summary>How it is shown that a name is ours. The one way that there is may be left out.</summary>
    public IReadOnlyList<AcmeSolver> Solvers { get; init => field = value ?? []; } = [];
}

[KnownUpstream("key")]
public sealed record KeyReference
{
    public string Name { get; init => field = value ?? ""; } = "";
}

[KnownUpstream("dns01", "selector")]
public sealed record AcmeSolver
{
    /// <summary>The ingresses answer for the name on port 80 (RFC 8555, section 8.3).</summary>
    public HttpSolver? Http01 { get; init; }
}

[KnownUpstream("gatewayHTTPRoute")]
public sealed record HttpSolver
{
    public IngressSolver? Ingress { get; init; }
}

[KnownUpstream("class", "ingressClassName", "ingressTemplate", "name", "podTemplate", "serviceType")]
public sealed record IngressSolver;

public sealed record ClusterIssuerStatus
{
    /// <summary>The condition that says whether certificates come, and why not.</summary>
    public const string Ready = "Ready";

    [MergeKey("type")]
    public IReadOnlyList<Condition> Conditions { get; init => field = value ?? []; } = [];
}
