using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Orchestrator.Model.Certificates;

namespace Orchestrator.Manifests.Validation;

/// <summary>What must hold in issuers of certificates.</summary>
static class IssuerValidation
{
    public static void Check(Findings findings, ClusterIssuerSpec spec)
    {
        if (spec.Acme is not { } acme)
        {
            findings.Add("spec.acme", "is required: certificates come by ACME");
            return;
        }

        findings.Require(Uri.TryCreate(acme.Server, UriKind.Absolute, out var server) && server.Scheme == Uri.UriSchemeHttps, "spec.acme.server",
            $"\"{acme.Server}\" must be the https address of the authority's directory, such as https://acme-v02.api.letsencrypt.org/directory");
        Names.Subdomain(findings, "spec.acme.privateKeySecretRef.name", acme.PrivateKeySecretRef.Name);
        findings.Require(acme.Email is null || (acme.Email.Contains('@') && !acme.Email.Any(char.IsWhiteSpace)), "spec.acme.email", $"\"{acme.Email}\" is no address of mail");
        findings.Require(acme.CaBundle is null || HoldsCertificates(acme.CaBundle), "spec.acme.caBundle", "must be certificates in PEM, as base64");
        for (var i = 0; i < acme.Solvers.Count; i++)
            findings.Require(acme.Solvers[i].Http01?.Ingress is not null, $"spec.acme.solvers[{i}]", "must be http01: {ingress: {}}, which may be left out as a whole; there is no other way");
    }

    static bool HoldsCertificates(string bundle)
    {
        try
        {
            X509Certificate2Collection certificates = [];
            certificates.ImportFromPem(Encoding.UTF8.GetString(Convert.FromBase64String(bundle)));
            return certificates.Count > 0;
        }
        catch (Exception bad) when (bad is FormatException or CryptographicException)
        {
            return false;
        }
    }
}
