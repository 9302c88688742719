using System.Net;
using System.Net.Sockets;
using Orchestrator.Model.Policies;

namespace Orchestrator.Manifests.Validation;

/// <summary>What must hold in network policies.</summary>
static class PolicyValidation
{
    public static void NetworkPolicy(Findings findings, NetworkPolicySpec spec)
    {
        for (var i = 0; i < spec.Ingress.Count; i++)
        {
            Peers(findings, $"spec.ingress[{i}].from", spec.Ingress[i].From);
            Ports(findings, $"spec.ingress[{i}].ports", spec.Ingress[i].Ports);
        }

        for (var i = 0; i < spec.Egress.Count; i++)
        {
            Peers(findings, $"spec.egress[{i}].to", spec.Egress[i].To);
            Ports(findings, $"spec.egress[{i}].ports", spec.Egress[i].Ports);
        }

        findings.Unique(spec.PolicyTypes, type => type.ToString(), i => $"spec.policyTypes[{i}]");
        findings.Require(spec.Ingress.Count == 0 || spec.LimitsIngress, "spec.policyTypes", "needs Ingress, since there are rules for it");
        findings.Require(spec.Egress.Count == 0 || spec.LimitsEgress, "spec.policyTypes", "needs Egress, since there are rules for it");
    }

    static void Peers(Findings findings, string path, IReadOnlyList<NetworkPolicyPeer> peers)
    {
        for (var i = 0; i < peers.Count; i++)
        {
            var (peer, at) = (peers[i], $"{path}[{i}]");
            findings.Require(peer.IpBlock is not null || peer.PodSelector is not null || peer.NamespaceSelector is not null, at, "needs podSelector, namespaceSelector or ipBlock; leave the whole list out to mean everyone");
            if (peer.IpBlock is not { } block) continue;
            findings.Require(peer.PodSelector is null && peer.NamespaceSelector is null, $"{at}.ipBlock", "can't stand beside a selector; make it an element of its own");
            var whole = Range(findings, $"{at}.ipBlock.cidr", block.Cidr);
            for (var j = 0; j < block.Except.Count; j++)
            {
                var except = Range(findings, $"{at}.ipBlock.except[{j}]", block.Except[j]);
                if (whole is { } outer && except is { } inner)
                    findings.Require(outer.Contains(inner.BaseAddress) && inner.PrefixLength > outer.PrefixLength, $"{at}.ipBlock.except[{j}]", $"{inner} is not a part of {outer}");
            }
        }
    }

    static IPNetwork? Range(Findings findings, string path, string text)
    {
        var good = IPNetwork.TryParse(text, out var range) && range.BaseAddress.AddressFamily == AddressFamily.InterNetwork;
        findings.Require(good, path, $"\"{text}\" must be a range of IPv4 addresses, such as 10.1.0.0/16");
        return good ? range : null;
    }

    static void Ports(Findings findings, string path, IReadOnlyList<NetworkPolicyPort> ports)
    {
        for (var i = 0; i < ports.Count; i++)
        {
            var (port, at) = (ports[i], $"{path}[{i}]");
            if (port.Port is { Text: null } number) Names.Port(findings, $"{at}.port", number.Number);
            if (port.Port is { Text: { } name }) Names.PortName(findings, $"{at}.port", name);
            if (port.EndPort is not { } end) continue;
            Names.Port(findings, $"{at}.endPort", end);
            if (port.Port is not { Text: null } first) findings.Add($"{at}.endPort", "needs a port with a number");
            else findings.Require(end >= first.Number, $"{at}.endPort", $"is {end}, below the port {first.Number}");
        }
    }
}
