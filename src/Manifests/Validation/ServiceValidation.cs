using System.Net;
using System.Net.Sockets;
using Orchestrator.Model.Services;

namespace Orchestrator.Manifests.Validation;

/// <summary>What must hold in services and in the routes that lead to them.</summary>
static class ServiceValidation
{
    public static void Service(Findings findings, ServiceSpec spec)
    {
        Names.Labels(findings, "spec.selector", spec.Selector);
        findings.Require(spec.Ports.Count > 0 || spec.IsHeadless || spec.Type == ServiceType.ExternalName, "spec.ports", "needs at least one port");
        if (spec.Type == ServiceType.ExternalName) Names.Subdomain(findings, "spec.externalName", spec.ExternalName ?? "");
        else findings.Require(spec.ExternalName is null, "spec.externalName", "is for services of type ExternalName only");
        if (spec.ClusterIp is { } address) Address(findings, spec, address);
        if (spec.SessionAffinityConfig is { ClientIp.TimeoutSeconds: var seconds })
            findings.Require(seconds is > 0 and <= 86400, "spec.sessionAffinityConfig.clientIP.timeoutSeconds", $"is {seconds}, but must be between 1 and 86400");
        for (var i = 0; i < spec.Ports.Count; i++)
        {
            var port = spec.Ports[i];
            Names.Port(findings, $"spec.ports[{i}].port", port.Port);
            if (port.TargetPort is { Text: null } target) Names.Port(findings, $"spec.ports[{i}].targetPort", target.Number);
            if (port.TargetPort is { Text: { } name }) Names.PortName(findings, $"spec.ports[{i}].targetPort", name);
            if (port.NodePort is { } number)
            {
                findings.Require(spec.IsOnNodes, $"spec.ports[{i}].nodePort", "is for services of type NodePort or LoadBalancer only");
                findings.Require(number is >= ServiceNetwork.FirstNodePort and <= ServiceNetwork.LastNodePort, $"spec.ports[{i}].nodePort",
                    $"is {number}, but must be between {ServiceNetwork.FirstNodePort} and {ServiceNetwork.LastNodePort}");
            }

            if (spec.Ports.Count > 1) findings.Require(port.Name is not null, $"spec.ports[{i}].name", "is required when there is more than one port");
        }

        findings.Unique(spec.Ports, port => port.Name, i => $"spec.ports[{i}].name");
        findings.Unique(spec.Ports, port => $"{port.Port}/{port.Protocol}", i => $"spec.ports[{i}].port");
    }

    public static void EndpointSlice(Findings findings, EndpointSlice slice)
    {
        findings.Require(slice.Service is not null, "metadata.labels", $"needs {Model.Services.EndpointSlice.ServiceLabel} with the service's name");
        findings.Require(slice.AddressType == "IPv4", "addressType", $"is {slice.AddressType}, but only IPv4 addresses are served");
        for (var i = 0; i < slice.Endpoints.Count; i++)
        {
            findings.Require(slice.Endpoints[i].Addresses.Count > 0, $"endpoints[{i}].addresses", "needs an address");
            for (var j = 0; j < slice.Endpoints[i].Addresses.Count; j++)
            {
                // Nobody gets to a node's own loopback, or to the machine beside it, by way of a service (CVE-2020-8554 and its kin).
                var good = IPAddress.TryParse(slice.Endpoints[i].Addresses[j], out var address) && address.AddressFamily == AddressFamily.InterNetwork
                    && !IPAddress.IsLoopback(address) && !LinkLocal.Contains(address) && address.GetAddressBytes()[0] is not 0 and < 224;
                findings.Require(good, $"endpoints[{i}].addresses[{j}]", $"\"{slice.Endpoints[i].Addresses[j]}\" must be an IPv4 address that is neither loopback, link-local nor multicast");
            }
        }

        for (var i = 0; i < slice.Ports.Count; i++) Names.Port(findings, $"ports[{i}].port", slice.Ports[i].Port);
    }

    static readonly IPNetwork LinkLocal = IPNetwork.Parse("169.254.0.0/16");

    static void Address(Findings findings, ServiceSpec spec, string address)
    {
        if (address == ServiceSpec.NoAddress)
        {
            findings.Require(!spec.IsOnNodes, "spec.clusterIP", $"can't be None for a service of type {spec.Type}");
            return;
        }

        var inside = IPAddress.TryParse(address, out var parsed) && parsed.ToString() == address && ServiceNetwork.Range.Contains(parsed) && !parsed.Equals(ServiceNetwork.Range.BaseAddress);
        findings.Require(inside, "spec.clusterIP", $"\"{address}\" must be None or an address in {ServiceNetwork.Range}; leave it out to be given one");
    }

    static readonly AddressSpan ServiceAddresses = AddressSpan.Parse(ServiceNetwork.Range.ToString())!.Value; // a range

    public static void Pool(Findings findings, IpAddressPoolSpec spec)
    {
        findings.Require(spec.Addresses.Count > 0, "spec.addresses", "needs at least one range");
        for (var i = 0; i < spec.Addresses.Count; i++)
        {
            var (text, path) = (spec.Addresses[i], $"spec.addresses[{i}]");
            if (AddressSpan.Parse(text) is not { } span) findings.Add(path, $"\"{text}\" is no range of IPv4 addresses; write 192.168.1.240-192.168.1.250 or 192.168.1.240/28");
            else findings.Require(!span.Overlaps(ServiceAddresses), path, $"{text} has addresses of {ServiceNetwork.Range}, which services have inside the cluster; take some of the nodes' own link");
        }
    }

    public static void Ingress(Findings findings, Ingress ingress)
    {
        var spec = ingress.Spec;
        IngressSettings.Read(ingress.Metadata.Annotations, (key, what) => findings.Add($"metadata.annotations.{key}", what));
        findings.Require(spec.Rules.Count > 0 || spec.DefaultBackend is not null, "spec", "needs rules or a defaultBackend");
        if (spec.DefaultBackend is { } fallback) Backend(findings, "spec.defaultBackend", fallback);
        if (spec.IngressClassName is { } name) Names.Subdomain(findings, "spec.ingressClassName", name);
        for (var i = 0; i < spec.Tls.Count; i++)
        {
            Names.Subdomain(findings, $"spec.tls[{i}].secretName", spec.Tls[i].SecretName);
            for (var j = 0; j < spec.Tls[i].Hosts.Count; j++) Host(findings, $"spec.tls[{i}].hosts[{j}]", spec.Tls[i].Hosts[j]);
        }

        for (var i = 0; i < spec.Rules.Count; i++)
        {
            var rule = spec.Rules[i];
            if (rule.Host is { } host) Host(findings, $"spec.rules[{i}].host", host);
            var paths = rule.Http?.Paths ?? [];
            findings.Require(paths.Count > 0, $"spec.rules[{i}].http.paths", "needs at least one path");
            for (var j = 0; j < paths.Count; j++)
            {
                findings.Require(paths[j].Path.StartsWith('/'), $"spec.rules[{i}].http.paths[{j}].path", "must start with /");
                Backend(findings, $"spec.rules[{i}].http.paths[{j}].backend", paths[j].Backend);
            }
        }
    }

    static void Host(Findings findings, string path, string host) => Names.Subdomain(findings, path, host.StartsWith("*.", StringComparison.Ordinal) ? host[2..] : host);

    static void Backend(Findings findings, string path, IngressBackend backend)
    {
        var port = backend.Service.Port;
        Names.Label(findings, $"{path}.service.name", backend.Service.Name);
        findings.Require(port.Number is null != port.Name is null, $"{path}.service.port", "needs a number or a name, and not both");
        if (port.Number is { } number) Names.Port(findings, $"{path}.service.port.number", number);
    }
}
