using Orchestrator.Contracts;

namespace Orchestrator.Ingress;

/// <summary>What a route changes of requests and answers, in YARP's terms.</summary>
static class OnTheWay
{
    const string Set = "Set", Append = "Append", When = "When", Always = "Always";

    public static IReadOnlyList<IReadOnlyDictionary<string, string>> Of(Route route)
    {
        // Services see the host that the client asked for, as behind any Kubernetes ingress.
        List<IReadOnlyDictionary<string, string>> transforms = [One(("RequestHeaderOriginalHost", "true"))];
        if (route.Rewrite is { } rewrite)
        {
            if (rewrite.Host.Length > 0) transforms.Add(One(("RequestHeader", "Host"), (Set, rewrite.Host)));
            transforms.AddRange(PathOf(route.Path, rewrite.Path));
        }

        if (route.RequestHeaders is { } request)
        {
            transforms.AddRange(request.Set.Select(each => One(("RequestHeader", each.Name), (Set, each.Value))));
            transforms.AddRange(request.Add.Select(each => One(("RequestHeader", each.Name), (Append, each.Value))));
            transforms.AddRange(request.Remove.Select(name => One(("RequestHeaderRemove", name))));
        }

        if (route.ResponseHeaders is not { } response) return transforms;
        transforms.AddRange(response.Set.Select(each => One(("ResponseHeader", each.Name), (Set, each.Value), (When, Always))));
        transforms.AddRange(response.Add.Select(each => One(("ResponseHeader", each.Name), (Append, each.Value), (When, Always))));
        transforms.AddRange(response.Remove.Select(name => One(("ResponseHeaderRemove", name), (When, Always))));
        return transforms;
    }

    /// <summary>True for the transforms of a route that changes nothing.</summary>
    public static bool IsNothing(IReadOnlyList<IReadOnlyDictionary<string, string>>? transforms) => transforms is { Count: 1 }; // the host that the client asked for

    /// <summary>A path of a request with the route's change made to it.</summary>
    /// <param name="own">The route's own path, which the request's begins with.</param>
    public static string Changed(string path, string own, PathChange? change) => change?.ChangeCase switch
    {
        PathChange.ChangeOneofCase.Full => change.Full,
        PathChange.ChangeOneofCase.Prefix => $"{change.Prefix.TrimEnd('/')}{path[own.TrimEnd('/').Length..]}" is { Length: > 0 } changed ? changed : "/",
        _ => path,
    };

    static IEnumerable<IReadOnlyDictionary<string, string>> PathOf(string own, PathChange? change)
    {
        switch (change?.ChangeCase)
        {
            case PathChange.ChangeOneofCase.Full:
                yield return One(("PathSet", change.Full));
                break;
            case PathChange.ChangeOneofCase.Prefix:
                var (before, after) = (own.TrimEnd('/'), change.Prefix.TrimEnd('/'));
                if (before.Length > 0) yield return One(("PathRemovePrefix", before));
                if (after.Length > 0) yield return One(("PathPrefix", after));
                break;
            case PathChange.ChangeOneofCase.None or null:
                break;
        }
    }

    static Dictionary<string, string> One(params (string Name, string Value)[] pairs) => pairs.ToDictionary(pair => pair.Name, pair => pair.Value, StringComparer.Ordinal);
}
