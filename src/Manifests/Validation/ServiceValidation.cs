using Orchestrator.Model.Services;

namespace Orchestrator.Manifests.Validation;

/// <summary>What must hold in services and in the routes that lead to them.</summary>
static class ServiceValidation
{
    public static void Service(Findings findings, ServiceSpec spec)
    {
        Names.Labels(findings, "spec.selector", spec.Selector);
        findings.Require(spec.Ports.Count > 0, "spec.ports", "needs at least one port");
        for (var i = 0; i < spec.Ports.Count; i++)
        {
            var port = spec.Ports[i];
            Names.Port(findings, $"spec.ports[{i}].port", port.Port);
            if (port.TargetPort is { Text: null } target) Names.Port(findings, $"spec.ports[{i}].targetPort", target.Number);
            if (port.TargetPort is { Text: { } name }) Names.PortName(findings, $"spec.ports[{i}].targetPort", name);
            if (spec.Ports.Count > 1) findings.Require(port.Name is not null, $"spec.ports[{i}].name", "is required when there is more than one port");
        }

        findings.Unique(spec.Ports, port => port.Name, i => $"spec.ports[{i}].name");
        findings.Unique(spec.Ports, port => $"{port.Port}/{port.Protocol}", i => $"spec.ports[{i}].port");
    }

    public static void Ingress(Findings findings, IngressSpec spec)
    {
        findings.Require(spec.Rules.Count > 0 || spec.DefaultBackend is not null, "spec", "needs rules or a defaultBackend");
        if (spec.DefaultBackend is { } fallback) Backend(findings, "spec.defaultBackend", fallback);
        for (var i = 0; i < spec.Rules.Count; i++)
        {
            var rule = spec.Rules[i];
            if (rule.Host is { } host) Names.Subdomain(findings, $"spec.rules[{i}].host", host.StartsWith("*.", StringComparison.Ordinal) ? host[2..] : host);
            var paths = rule.Http?.Paths ?? [];
            findings.Require(paths.Count > 0, $"spec.rules[{i}].http.paths", "needs at least one path");
            for (var j = 0; j < paths.Count; j++)
            {
                findings.Require(paths[j].Path.StartsWith('/'), $"spec.rules[{i}].http.paths[{j}].path", "must start with /");
                Backend(findings, $"spec.rules[{i}].http.paths[{j}].backend", paths[j].Backend);
            }
        }
    }

    static void Backend(Findings findings, string path, IngressBackend backend)
    {
        var port = backend.Service.Port;
        Names.Label(findings, $"{path}.service.name", backend.Service.Name);
        findings.Require(port.Number is null != port.Name is null, $"{path}.service.port", "needs a number or a name, and not both");
        if (port.Number is { } number) Names.Port(findings, $"{path}.service.port.number", number);
    }
}
