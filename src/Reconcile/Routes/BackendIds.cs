using System.Globalization;
using System.Text;
using Orchestrator.Model.Gateways;
using Orchestrator.Model.Services;
using Orchestrator.Model.State;

namespace Orchestrator.Reconcile.Routes;

/// <summary>What backends of the route table are called, and the services that such a name stands for.</summary>
static class BackendIds
{
    const string KeptPods = "+cookie", Asked = "+health-";

    /// <summary>A port of a service, as Ingresses name it. One service may be behind an Ingress that keeps pods and one that does not.</summary>
    public static string Of(string @namespace, IngressServiceBackend service, IngressSettings settings) =>
        string.Create(CultureInfo.InvariantCulture, $"{@namespace}/{service.Name}:{service.Port.Name ?? service.Port.Number?.ToString(CultureInfo.InvariantCulture)}{(settings.KeepsPod ? KeptPods : "")}{(settings.HealthPath.Length > 0 ? Asked + ShortHash.Of(Encoding.UTF8.GetBytes(settings.HealthPath)) : "")}");

    /// <summary>A rule of an HTTPRoute, with all its services.</summary>
    public static string Of(HttpRoute route, int rule) => string.Create(CultureInfo.InvariantCulture, $"{route.Namespace}/{route.Name}/{rule}");

    /// <summary>The services that requests for it go to; none for a name that nobody has given.</summary>
    public static IEnumerable<(string Namespace, string Name)> ServicesOf(ClusterState state, string id) => id.Split('/') switch
    {
        [var home, var service] when service.LastIndexOf(':') is > 0 and var colon => [(home, service[..colon])],
        [var home, var name, var number] when state.Find<HttpRoute>(HttpRoute.KindName, home, name) is { } route && int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var rule) && rule < route.Spec.Rules.Count =>
            route.Spec.Rules[rule].BackendRefs.Where(reference => reference.Weight > 0).Select(reference => (home, reference.Name)),
        _ => [],
    };
}
