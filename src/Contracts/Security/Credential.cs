using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Orchestrator.Contracts.Security;

/// <summary>A certificate of the cluster with its key, and the roots that others are judged by. Never changes; a renewal is a new one.</summary>
public sealed class Credential
{
    /// <summary>Longer chains are nobody's here: a root signs certificates itself.</summary>
    const int ChainLength = 2;

    readonly X509Certificate2Collection _roots;
    readonly SslStreamCertificateContext _context;

    /// <param name="certificate">With its private key.</param>
    public Credential(X509Certificate2 certificate, X509Certificate2Collection roots)
    {
        (Certificate, _roots) = (certificate, roots);
        Identity = Identity.Of(certificate) ?? throw new CryptographicException($"the certificate of {certificate.Subject} is not one of a cluster");
        _context = SslStreamCertificateContext.Create(certificate, null, offline: true);
    }

    public X509Certificate2 Certificate { get; }

    public Identity Identity { get; }

    public IReadOnlyList<X509Certificate2> Roots => [.. _roots];

    /// <summary>The digests of the roots, sorted, as one text: differs when other roots are trusted.</summary>
    public string RootDigests => string.Join(',', _roots.Select(Digest).Order(StringComparer.Ordinal));

    /// <summary>The digest of the root that signed the certificate; empty when none of these has.</summary>
    public string SignedBy => _roots.FirstOrDefault(root => Judge(Certificate, [root], out _) is not null) is { } signer ? Digest(signer) : "";

    /// <exception cref="CryptographicException">They are no certificates, or the key is not the certificate's.</exception>
    public static Credential FromPem(string certificate, string key, string roots)
    {
        var trusted = new X509Certificate2Collection();
        trusted.ImportFromPem(roots);
        return trusted.Count > 0 ? new Credential(X509Certificate2.CreateFromPem(certificate, key), trusted) : throw new CryptographicException("there is no root certificate");
    }

    /// <summary>The SHA-256 of a whole certificate, in lower-case hexadecimal.</summary>
    public static string Digest(X509Certificate2 certificate)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        return Convert.ToHexStringLower(SHA256.HashData(certificate.RawDataMemory.Span));
    }

    /// <summary>Who a certificate was made for by this cluster's CA; null, with the reason, for all others, expired ones included.</summary>
    public Identity? Judge(X509Certificate2? certificate, out string why) => Judge(certificate, _roots, out why);

    /// <summary>The same against given roots.</summary>
    public static Identity? Judge(X509Certificate2? certificate, X509Certificate2Collection roots, out string why)
    {
        why = "no certificate was shown";
        if (certificate is null) return null;
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(roots);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck; // removal is asked of the cluster's state, by membership
        chain.ChainPolicy.DisableCertificateDownloads = true;
        var built = chain.Build(certificate);
        why = built ? "" : string.Join("; ", chain.ChainStatus.Select(status => status.StatusInformation.Trim()).Distinct());
        if (built && chain.ChainElements.Count != ChainLength) (built, why) = (false, "it is not signed by the CA itself");
        var identity = built ? Identity.Of(certificate) : null;
        if (built && identity is null) why = "its subject names nobody";
        foreach (var element in chain.ChainElements) element.Certificate.Dispose();
        return identity;
    }

    /// <summary>How to accept connections: TLS 1.3 only, and whoever connects is judged by the given function.</summary>
    public SslServerAuthenticationOptions ForAsked(Func<X509Certificate2?, bool> admit) => new()
    {
        ServerCertificateContext = _context,
        EnabledSslProtocols = SslProtocols.Tls13,
        ClientCertificateRequired = true,
        CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        AllowTlsResume = false, // whoever was removed meanwhile must not come in by an old session
        RemoteCertificateValidationCallback = (_, shown, _, _) => admit(shown as X509Certificate2),
    };

    /// <summary>How to connect, with the other side judged by the given function.</summary>
    public SslClientAuthenticationOptions ForAsking(Func<X509Certificate2?, bool> admit) => new()
    {
        TargetHost = "",
        ClientCertificateContext = _context,
        EnabledSslProtocols = SslProtocols.Tls13,
        CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        AllowTlsResume = false,
        RemoteCertificateValidationCallback = (_, shown, _, _) => admit(shown as X509Certificate2),
    };

    /// <summary>Servers are known by their purpose, not by an address: any server of the cluster may answer at any of its addresses.</summary>
    public bool IsServer(X509Certificate2? shown) => Judge(shown, out _) is { Purpose: Purpose.Server };
}
