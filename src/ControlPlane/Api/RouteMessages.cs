using Google.Protobuf;
using Orchestrator.Model.Gateways;
using Orchestrator.Model.Pods;
using Orchestrator.Reconcile.Routes;
using Contract = Orchestrator.Contracts;

namespace Orchestrator.ControlPlane.Api;

/// <summary>The route table as ingresses are told it.</summary>
static class RouteMessages
{
    public static Contract.RouteTable Of(RouteTable table)
    {
        var message = new Contract.RouteTable { Revision = table.Revision };
        message.Routes.AddRange(table.Routes.Select(Of));
        message.Backends.AddRange(table.Backends.Select(Of));
        message.Certificates.AddRange(table.Certificates.Select(each => new Contract.SiteCertificate { Id = each.Id, Hosts = { each.Hosts }, Chain = ByteString.CopyFrom(each.Chain), Key = ByteString.CopyFrom(each.Key) }));
        message.Challenges.AddRange(table.Challenges.Select(each => new Contract.Challenge { Host = each.Spec.DnsName, Token = each.Spec.Token, Answer = each.Spec.Key }));
        return message;
    }

    static Contract.Route Of(Route route) => new()
    {
        Id = route.Id,
        Host = route.Host,
        Path = route.Path,
        PathType = route.Exact ? Contract.Route.Types.PathType.Exact : Contract.Route.Types.PathType.Prefix,
        Backend = route.Backend,
        Order = route.Order,
        BodyLimit = route.Settings.BodyLimit,
        RateLimit = route.Settings.RateLimit,
        TimeoutSeconds = route.Settings.TimeoutSeconds,
        ConcurrencyLimit = route.Settings.ConcurrencyLimit,
        AnyLabels = route.Only.AnyLabels,
        Door = route.Only.Tls switch { null => Contract.Door.Any, true => Contract.Door.Tls, false => Contract.Door.Plain },
        Method = route.Only.Method ?? "",
        Headers = { route.Only.Headers.Select(Of) },
        Query = { route.Only.Query.Select(Of) },
        RequestHeaders = Of(route.Does.Request),
        ResponseHeaders = Of(route.Does.Response),
        Redirect = route.Does.Redirect is { } redirect
            ? new Contract.Redirect { Scheme = redirect.Scheme ?? "", Host = redirect.Hostname ?? "", Port = redirect.Port ?? 0, Path = Of(redirect.Path), Status = redirect.StatusCode }
            : null,
        Rewrite = route.Does.Rewrite is { } rewrite ? new Contract.Rewrite { Host = rewrite.Hostname ?? "", Path = Of(rewrite.Path) } : null,
        TimeoutMilliseconds = (long)route.Does.Timeout.TotalMilliseconds,
    };

    static Contract.NamedValue Of(HttpValueMatch match) => new() { Name = match.Name, Value = match.Value };

    static Contract.NamedValue Of(HttpHeader header) => new() { Name = header.Name, Value = header.Value };

    static Contract.HeaderChanges? Of(HttpHeaderModifier? changes) =>
        changes is null ? null : new Contract.HeaderChanges { Set = { changes.Set.Select(Of) }, Add = { changes.Add.Select(Of) }, Remove = { changes.Remove } };

    static Contract.PathChange? Of(HttpPathModifier? change) => change switch
    {
        null => null,
        { Type: HttpPathModifierType.ReplaceFullPath } => new Contract.PathChange { Full = change.ReplaceFullPath ?? "/" },
        _ => new Contract.PathChange { Prefix = change.ReplacePrefixMatch ?? "/" },
    };

    static Contract.Backend Of(Backend backend) => new()
    {
        Id = backend.Id,
        KeepsPod = backend.KeepsPod,
        Wakes = backend.Wakes,
        Http2 = backend.IsHttp2,
        HealthPath = backend.HealthPath,
        Destinations = { backend.Destinations.Select(each => new Contract.Destination { Id = each.Id, Address = each.Address, CanaryPercent = each.CanaryPercent, Group = each.Group, Weight = each.Weight }) },
    };
}
