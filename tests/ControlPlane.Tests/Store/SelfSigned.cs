using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Orchestrator.ControlPlane.Store;

namespace Orchestrator.ControlPlane.Tests.Store;

/// <summary>
/// TLS settings under which only holders of one certificate talk to each other.
/// </summary>
static class SelfSigned
{
    public static X509Certificate2 Certificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=raft", key, HashAlgorithmName.SHA256);
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddHours(1));
    }

    public static RaftTls Mutual(X509Certificate2 certificate)
    {
        bool Same(object sender, X509Certificate? shown, X509Chain? chain, SslPolicyErrors errors) =>
            shown is not null && shown.GetCertHashString() == certificate.GetCertHashString();
        return new RaftTls(
            new SslServerAuthenticationOptions
            {
                ServerCertificate = certificate,
                ClientCertificateRequired = true,
                RemoteCertificateValidationCallback = Same,
            },
            new SslClientAuthenticationOptions
            {
                TargetHost = "raft",
                ClientCertificates = [certificate],
                RemoteCertificateValidationCallback = Same,
            });
    }
}
