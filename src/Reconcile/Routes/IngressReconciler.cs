using Orchestrator.Model.Configuration;
using Orchestrator.Model.Meta;
using Orchestrator.Model.Nodes;
using Orchestrator.Model.Services;
using Orchestrator.Model.State;

namespace Orchestrator.Reconcile.Routes;

/// <summary>Says in the status of every Ingress where it is served, and what of it is not: paths that an older one has, hosts without a certificate, services that are not there.</summary>
public static class IngressReconciler
{
    public static Plan Reconcile(ClusterState state, DateTimeOffset now)
    {
        List<LoadBalancerIngress> addresses =
        [
            .. state.All<Node>(Node.KindName).Where(node => node.Metadata.Labels.ContainsKey(Node.IngressRole)).Select(node => node.Status.InternalIp()).OfType<string>()
                .Order(StringComparer.Ordinal).Select(address => new LoadBalancerIngress { Ip = address }),
        ];
        Dictionary<(string, string, bool), Ingress> taken = [];
        List<Operation> operations = [];
        foreach (var ingress in RouteReconciler.OldestFirst(state))
        {
            List<string> problems = [.. Taken(ingress, taken), .. WithoutCertificate(state, ingress), .. WithoutService(state, ingress)];
            var condition = new Condition
            {
                Type = IngressStatus.Served,
                Status = problems.Count == 0 ? ConditionStatus.True : ConditionStatus.False,
                Reason = problems.Count == 0 ? "Served" : "NotAll",
                Message = problems.Count == 0 ? null : string.Join("; ", problems),
                LastTransitionTime = now,
            };
            var status = new IngressStatus { LoadBalancer = new LoadBalancerStatus { Ingress = addresses }, Conditions = ingress.Status.Conditions.With(condition) };
            if (!Model.ModelJson.Same(status, ingress.Status)) operations.Add(new UpdateStatus(ingress with { Status = status }));
        }

        return operations.Count == 0 ? Plan.Nothing : new Plan(operations);
    }

    static IEnumerable<string> Taken(Ingress ingress, Dictionary<(string, string, bool), Ingress> taken)
    {
        foreach (var (host, path, exact, _) in RouteReconciler.PathsOf(ingress))
        {
            if (!taken.TryAdd((host, path, exact), ingress) && taken[(host, path, exact)] is var older && older != ingress)
                yield return $"{(host.Length > 0 ? host : "*")}{path} belongs to the older ingress {older.Namespace}/{older.Name}";
        }
    }

    static IEnumerable<string> WithoutCertificate(ClusterState state, Ingress ingress) =>
        from tls in ingress.Spec.Tls
        let secret = state.Find<Secret>(Secret.KindName, ingress.Namespace, tls.SecretName)
        where secret?.Type != SecretTypes.Tls
        select secret is null ? $"there is no secret {tls.SecretName} with a certificate" : $"secret {tls.SecretName} is of type {secret.Type}, not {SecretTypes.Tls}";

    static IEnumerable<string> WithoutService(ClusterState state, Ingress ingress) =>
        RouteReconciler.PathsOf(ingress).Select(path => path.Backend.Service).Distinct().Select(wanted => state.Find<Service>(Service.KindName, ingress.Namespace, wanted.Name) switch
        {
            null => $"there is no service {wanted.Name}",
            { } service when RouteReconciler.PortOf(service, wanted) is null => $"service {wanted.Name} has no port {wanted.Port.Name ?? wanted.Port.Number?.ToString(System.Globalization.CultureInfo.InvariantCulture)}",
            _ => null,
        }).OfType<string>();
}
