using Orchestrator.Model.Gateways;
using Orchestrator.Model.Meta;

namespace Orchestrator.Model.Tables;

/// <summary>What a list shows of gateways and HTTPRoutes.</summary>
static class GatewayColumns
{
    public static readonly Column Class = new("CLASS", static (resource, _) => ((Gateway)resource).Spec.GatewayClassName);

    public static readonly Column Address = new("ADDRESS", static (resource, _) => string.Join(',', ((Gateway)resource).Status.Addresses.Select(each => each.Value)));

    public static readonly Column Programmed = new("PROGRAMMED", static (resource, _) => ((Gateway)resource).Status.Conditions.Find(GatewayStatus.Programmed)?.Status.ToString() ?? "Unknown");

    public static readonly Column Hostnames = new("HOSTNAMES", static (resource, _) => string.Join(',', ((HttpRoute)resource).Spec.Hostnames.DefaultIfEmpty("*")));
}
