using System.Globalization;
using Orchestrator.Model.Certificates;
using Orchestrator.Model.Configuration;
using Orchestrator.Model.Services;
using Orchestrator.Model.State;
using Orchestrator.Reconcile.Routes;

namespace Orchestrator.Reconcile.Certificates;

/// <summary>A certificate that an authority is to be asked for.</summary>
/// <param name="Hosts">Sorted; none is a wildcard, which an answer over HTTP shows nothing of.</param>
/// <param name="Issuer">The ClusterIssuer.</param>
public sealed record CertificateOrder(string Namespace, string SecretName, IReadOnlyList<string> Hosts, string Issuer)
{
    public string Name => $"{Namespace}/{SecretName}";
}

/// <summary>
/// Which certificates of Ingresses are to be asked for: those that are not there, are for other names, of another issuer, or have less than a third of their life before them. A Secret that
/// somebody else has made is left alone.
/// </summary>
public static class CertificateOrders
{
    /// <summary>On a Secret that was made here: when its certificate begins and ends, and the names that it is for.</summary>
    public const string NotBefore = "certificates.orchestrator/not-before", NotAfter = "certificates.orchestrator/not-after", Names = "certificates.orchestrator/names";

    const double RenewAfter = 2.0 / 3;

    /// <returns>What is due now, and when something will be if nothing changes.</returns>
    public static (IReadOnlyList<CertificateOrder> Due, DateTimeOffset? Next) Due(ClusterState state, DateTimeOffset now)
    {
        List<CertificateOrder> due = [];
        DateTimeOffset? next = null;
        foreach (var order in Wanted(state))
        {
            if (state.Find<Secret>(Secret.KindName, order.Namespace, order.SecretName) is not { } secret)
            {
                due.Add(order);
                continue;
            }

            if (RenewalOf(secret, order) is not { } renewal) continue;
            if (renewal <= now) due.Add(order);
            else if (next is null || renewal < next) next = renewal;
        }

        return (due, next);
    }

    /// <summary>When it is to be asked for again; null for a Secret that is not ours.</summary>
    static DateTimeOffset? RenewalOf(Secret secret, CertificateOrder order)
    {
        var annotations = secret.Metadata.Annotations;
        if (!annotations.TryGetValue(ClusterIssuer.Annotation, out var issuer) || !annotations.TryGetValue(Names, out var names)) return null;
        if (issuer != order.Issuer || names != string.Join(',', order.Hosts) || Time(annotations.GetValueOrDefault(NotBefore)) is not { } begins || Time(annotations.GetValueOrDefault(NotAfter)) is not { } ends) return DateTimeOffset.MinValue;
        return begins + ((ends - begins) * RenewAfter);
    }

    // Of Ingresses that share a Secret all names are in it, and the oldest says where it comes from.
    static IEnumerable<CertificateOrder> Wanted(ClusterState state) =>
        from wanted in from ingress in RouteReconciler.OldestFirst(state)
                       let issuer = ingress.Metadata.Annotations.GetValueOrDefault(ClusterIssuer.Annotation)
                       where issuer is not null && state.Find<ClusterIssuer>(ClusterIssuer.KindName, "", issuer) is { Spec.Acme: not null }
                       from tls in ingress.Spec.Tls
                       where tls.SecretName.Length > 0
                       select (Key: (ingress.Namespace, tls.SecretName), Issuer: issuer, Hosts: HostsOf(ingress, tls))
        group wanted by wanted.Key into shared
        let hosts = shared.SelectMany(each => each.Hosts).Where(host => !host.Contains('*')).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList()
        where hosts.Count > 0
        select new CertificateOrder(shared.Key.Namespace, shared.Key.SecretName, hosts, shared.First().Issuer);

    static IEnumerable<string> HostsOf(Ingress ingress, IngressTls tls) => tls.Hosts.Count > 0 ? tls.Hosts : ingress.Spec.Rules.Select(rule => rule.Host).OfType<string>();

    static DateTimeOffset? Time(string? text) => DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : null;
}
