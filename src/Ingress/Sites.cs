using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.Extensions.Logging;
using Orchestrator.Contracts;

namespace Orchestrator.Ingress;

/// <summary>
/// The certificates that hosts are served with, chosen by the name that a client asks for. A new table takes the place of the old one between two handshakes; connections
/// go on as they are. Sources: RFC 6066 3 (the name), RFC 6125 6.4.3 (wildcards).
/// </summary>
sealed partial class Sites(TimeProvider clock, ILogger<Sites> log)
{
    volatile Table _table = Table.Empty;

    /// <summary>The certificate for a host; null when nobody has given one.</summary>
    public Site? For(string host)
    {
        var sites = _table.Sites;
        if (sites.TryGetValue(host, out var exact)) return exact;
        var dot = host.IndexOf('.');
        return dot > 0 && sites.TryGetValue("*" + host[dot..], out var wildcard) ? wildcard : null;
    }

    public void Publish(IEnumerable<SiteCertificate> certificates)
    {
        var old = _table.Read;
        Dictionary<string, Site?> read = new(StringComparer.Ordinal);
        Dictionary<string, Site> sites = new(StringComparer.OrdinalIgnoreCase);
        foreach (var certificate in certificates)
        {
            var digest = Digest(certificate);
            if (!read.TryGetValue(digest, out var site)) read[digest] = site = old.TryGetValue(digest, out var known) ? known : Read(certificate);
            if (site is null) continue;
            foreach (var host in certificate.Hosts) sites.TryAdd(host, site);
        }

        _table = new Table(read, sites);
    }

    Site? Read(SiteCertificate given)
    {
        try
        {
            var (chain, key) = (given.Chain.ToStringUtf8(), given.Key.ToStringUtf8());
            using var fresh = X509Certificate2.CreateFromPem(chain, key);
            // Through PKCS#12, because a key that came from PEM is not taken by all of TLS.
            var certificate = X509CertificateLoader.LoadPkcs12(fresh.Export(X509ContentType.Pkcs12), null);
            X509Certificate2Collection between = [];
            between.ImportFromPem(chain);
            if (certificate.NotAfter.ToUniversalTime() < clock.GetUtcNow()) LogExpired(log, given.Id, certificate.NotAfter.ToUniversalTime());
            return new Site(given.Id, SslStreamCertificateContext.Create(certificate, between, offline: true));
        }
        catch (Exception bad) when (bad is CryptographicException or ArgumentException)
        {
            LogUnusable(log, given.Id, bad.Message);
            return null;
        }
    }

    static string Digest(SiteCertificate given)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(given.Id));
        hash.AppendData([0]);
        hash.AppendData(given.Chain.Span);
        hash.AppendData([0]);
        hash.AppendData(given.Key.Span);
        return Convert.ToHexString(hash.GetHashAndReset());
    }

    sealed record Table(IReadOnlyDictionary<string, Site?> Read, IReadOnlyDictionary<string, Site> Sites)
    {
        public static Table Empty { get; } = new(new Dictionary<string, Site?>(), new Dictionary<string, Site>());
    }

    [LoggerMessage(3010, LogLevel.Warning, "Secret {Secret} is no certificate with its key, so that its hosts have no TLS: {Problem}")]
    private static partial void LogUnusable(ILogger log, string secret, string problem);

    [LoggerMessage(3011, LogLevel.Warning, "The certificate in Secret {Secret} expired at {When}; clients will refuse it")]
    private static partial void LogExpired(ILogger log, string secret, DateTime when);
}

/// <summary>A certificate that can be shown.</summary>
/// <param name="Id">The Secret it is from.</param>
sealed record Site(string Id, SslStreamCertificateContext Certificate)
{
    // What browsers of the last ten years have, without block chaining: RFC 9325 4.2.
    static readonly CipherSuitesPolicy Suites = new(
    [
        TlsCipherSuite.TLS_AES_128_GCM_SHA256, TlsCipherSuite.TLS_AES_256_GCM_SHA384, TlsCipherSuite.TLS_CHACHA20_POLY1305_SHA256,
        TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
        TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
        TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, TlsCipherSuite.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    ]);

    public SslServerAuthenticationOptions Handshake => new()
    {
        ServerCertificateContext = Certificate,
        EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
        CipherSuitesPolicy = Suites,
        AllowRenegotiation = false,
    };
}
