using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Orchestrator.Contracts.Security;

namespace Orchestrator.ControlPlane.Security;

/// <summary>A root of the cluster with its key: it says who somebody is, by signing a certificate.</summary>
public sealed class RootAuthority(X509Certificate2 certificate, ECDsa key)
{
    /// <summary>As SwarmKit's: it is rotated by command, not because it runs out.</summary>
    const int RootYears = 20;

    /// <summary>Certificates begin so much in the past, so that a clock that is late can use them.</summary>
    public static readonly TimeSpan Backdating = TimeSpan.FromHours(1);

    const string ServerUse = "1.3.6.1.5.5.7.3.1"; // RFC 5280, 4.2.1.12: id-kp-serverAuth
    const string ClientUse = "1.3.6.1.5.5.7.3.2"; // the same: id-kp-clientAuth
    const int SerialBytes = 16;

    public X509Certificate2 Certificate => certificate;

    public string Digest => Credential.Digest(certificate);

    public static RootAuthority New(DateTimeOffset now)
    {
        var key = CredentialFiles.NewKey();
        var subject = new X500DistinguishedNameBuilder();
        subject.AddCommonName("orchestrator cluster CA");
        var request = new CertificateRequest(subject.Build(), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: true, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        using var made = request.CreateSelfSigned(now - Backdating, now.AddYears(RootYears));
        return new RootAuthority(X509CertificateLoader.LoadCertificate(made.RawData), key);
    }

    public static RootAuthority FromPem(string certificate, byte[] key)
    {
        var read = ECDsa.Create();
        read.ImportPkcs8PrivateKey(key, out _);
        return new RootAuthority(X509Certificate2.CreateFromPem(certificate), read);
    }

    public byte[] ExportKey() => key.ExportPkcs8PrivateKey();

    /// <summary>Signs for the key of a signing request, whose signature shows that the asker has it; nothing else in the request counts.</summary>
    /// <returns>The certificate as PEM.</returns>
    /// <exception cref="CryptographicException">It is no signing request, or not signed with its key.</exception>
    public string Sign(byte[] signingRequest, Identity identity, DateTimeOffset now, TimeSpan life) =>
        Sign(CertificateRequest.LoadSigningRequest(signingRequest, HashAlgorithmName.SHA256).PublicKey, identity, now, life);

    /// <summary>Signs for a public key.</summary>
    public string Sign(PublicKey publicKey, Identity identity, DateTimeOffset now, TimeSpan life)
    {
        ArgumentNullException.ThrowIfNull(identity);
        var request = new CertificateRequest(identity.ToSubject(), publicKey, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(publicKey, critical: false));
        OidCollection uses = [new Oid(ClientUse)];
        if (identity.Purpose == Purpose.Server) uses.Add(new Oid(ServerUse));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(uses, critical: true));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(certificate, includeKeyIdentifier: true, includeIssuerAndSerial: false));
        var end = now + life < certificate.NotAfter ? now + life : certificate.NotAfter;
        var serial = RandomNumberGenerator.GetBytes(SerialBytes);
        serial[0] &= 0x7f; // a positive number, RFC 5280, 4.1.2.2
        using var signed = request.Create(certificate.SubjectName, X509SignatureGenerator.CreateForECDsa(key), now - Backdating, end, serial);
        return signed.ExportCertificatePem();
    }
}
