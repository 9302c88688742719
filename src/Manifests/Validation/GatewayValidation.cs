using Orchestrator.Model.Gateways;

namespace Orchestrator.Manifests.Validation;

/// <summary>The rules of gateways. Source: Gateway API, GatewaySpec.</summary>
static class GatewayValidation
{
    public static void Gateway(Findings findings, GatewaySpec spec)
    {
        Names.Subdomain(findings, "spec.gatewayClassName", spec.GatewayClassName);
        findings.Require(spec.Listeners.Count > 0, "spec.listeners", "needs at least one");
        findings.Unique(spec.Listeners, listener => listener.Name, i => $"spec.listeners[{i}].name");
        for (var i = 0; i < spec.Listeners.Count; i++)
        {
            var (listener, path) = (spec.Listeners[i], $"spec.listeners[{i}]");
            Names.Subdomain(findings, $"{path}.name", listener.Name);
            Names.Port(findings, $"{path}.port", listener.Port);
            if (listener.Hostname is { } hostname) Hostname(findings, $"{path}.hostname", hostname);
            var certificates = listener.Tls?.CertificateRefs ?? [];
            if (listener.Protocol == GatewayProtocol.HTTPS) findings.Require(certificates.Count > 0, $"{path}.tls.certificateRefs", "needs the secret with the certificate to show");
            else findings.Require(listener.Tls is null, $"{path}.tls", "goes with protocol HTTPS only");
            for (var j = 0; j < certificates.Count; j++) Names.Subdomain(findings, $"{path}.tls.certificateRefs[{j}].name", certificates[j].Name);
            findings.Require(listener.AllowedRoutes?.Namespaces is not { From: RoutesFrom.Selector, Selector: null }, $"{path}.allowedRoutes.namespaces.selector", "is required with from: Selector");
        }
    }

    /// <summary>A name, or <c>*.</c> and one; no address.</summary>
    public static void Hostname(Findings findings, string path, string hostname)
    {
        Names.Subdomain(findings, path, hostname.StartsWith("*.", StringComparison.Ordinal) ? hostname[2..] : hostname);
        findings.Require(!System.Net.IPAddress.TryParse(hostname, out _), path, "must be a name and not an address");
    }
}
