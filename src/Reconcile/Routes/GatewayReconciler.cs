using System.Globalization;
using Orchestrator.Model;
using Orchestrator.Model.Configuration;
using Orchestrator.Model.Gateways;
using Orchestrator.Model.Meta;
using Orchestrator.Model.Nodes;
using Orchestrator.Model.State;

namespace Orchestrator.Reconcile.Routes;

/// <summary>Says in the status of gateways where they are served, and in that of HTTPRoutes which gateways take them and what of them is not there. Source: Gateway API, "Status".</summary>
public static class GatewayReconciler
{
    public static Plan Reconcile(ClusterState state, DateTimeOffset now)
    {
        List<Operation> operations = [];
        List<GatewayAddress> addresses =
        [
            .. state.All<Node>(Node.KindName).Where(node => node.Metadata.Labels.ContainsKey(Node.IngressRole)).Select(node => node.Status.InternalIp()).OfType<string>()
                .Order(StringComparer.Ordinal).Select(address => new GatewayAddress { Value = address }),
        ];
        foreach (var gateway in state.All<Gateway>(Gateway.KindName).Where(gateway => gateway.IsOurs))
        {
            var status = Status(state, gateway, addresses, now);
            if (!ModelJson.Same(status, gateway.Status)) operations.Add(new UpdateStatus(gateway with { Status = status }));
        }

        foreach (var route in GatewayRoutes.OldestFirst(state))
        {
            var status = Status(state, route, now);
            if (!ModelJson.Same(status, route.Status)) operations.Add(new UpdateStatus(route with { Status = status }));
        }

        return operations.Count == 0 ? Plan.Nothing : new Plan(operations);
    }

    static GatewayStatus Status(ClusterState state, Gateway gateway, IReadOnlyList<GatewayAddress> addresses, DateTimeOffset now)
    {
        var problems = (from listener in gateway.Spec.Listeners
                        from reference in listener.Tls?.CertificateRefs ?? []
                        let secret = state.Find<Secret>(Secret.KindName, gateway.Namespace, reference.Name)
                        where secret?.Type != SecretTypes.Tls
                        select secret is null ? $"there is no secret {reference.Name} with a certificate" : $"secret {reference.Name} is of type {secret.Type}, not {SecretTypes.Tls}").Distinct().ToList();
        return new GatewayStatus
        {
            Addresses = addresses,
            Conditions = gateway.Status.Conditions
                .With(Holds(GatewayStatus.Accepted, true, "Accepted", null, now))
                .With(Holds(GatewayStatus.Programmed, problems.Count == 0, problems.Count == 0 ? "Programmed" : "Invalid", problems.Count == 0 ? null : string.Join("; ", problems), now)),
        };
    }

    static HttpRouteStatus Status(ClusterState state, HttpRoute route, DateTimeOffset now)
    {
        var missing = (from rule in route.Spec.Rules
                       from reference in rule.BackendRefs
                       where GatewayRoutes.Find(state, route, reference) is null
                       select string.Create(CultureInfo.InvariantCulture, $"there is no service {reference.Name} with a port {reference.Port}")).Distinct().ToList();
        return new HttpRouteStatus
        {
            Parents =
            [
                .. from parent in route.Spec.ParentRefs
                   let attachment = Attachment.Of(state, route, parent)
                   where attachment is not null
                   let before = route.Status.Parents.FirstOrDefault(each => each.ParentRef == parent)?.Conditions ?? []
                   select new RouteParentStatus
                   {
                       ParentRef = parent,
                       ControllerName = RouteParentStatus.Controller,
                       Conditions = before
                           .With(Holds(RouteParentStatus.Accepted, attachment.Problem is null, attachment.Reason, attachment.Problem, now))
                           .With(Holds(RouteParentStatus.ResolvedRefs, missing.Count == 0, missing.Count == 0 ? "ResolvedRefs" : "BackendNotFound", missing.Count == 0 ? null : string.Join("; ", missing), now)),
                   },
            ],
        };
    }

    static Condition Holds(string type, bool holds, string reason, string? message, DateTimeOffset now) => new()
    {
        Type = type, Status = holds ? ConditionStatus.True : ConditionStatus.False, Reason = reason, Message = message, LastTransitionTime = now,
    };
}
