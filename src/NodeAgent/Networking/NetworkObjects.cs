using System.Collections.Immutable;
using Orchestrator.Model.Meta;
using Orchestrator.Model.Policies;
using Orchestrator.Model.Services;

namespace Orchestrator.NodeAgent.Networking;

/// <summary>Names a service.</summary>
readonly record struct ServiceName(string Namespace, string Name);

/// <summary>A service and the slices that name it; either may be missing.</summary>
sealed record KnownService(Service? Service, ImmutableDictionary<string, EndpointSlice> Slices)
{
    public static KnownService None { get; } = new(null, ImmutableDictionary<string, EndpointSlice>.Empty);

    public bool IsEmpty => Service is null && Slices.IsEmpty;
}

/// <summary>All services and policies as this node was last told. Immutable: who looks something up sees one moment.</summary>
sealed record NetworkObjects(ImmutableDictionary<ServiceName, KnownService> All, ImmutableDictionary<(string Namespace, string Name), NetworkPolicy> Policies)
{
    public static NetworkObjects Empty { get; } = new(ImmutableDictionary<ServiceName, KnownService>.Empty, ImmutableDictionary<(string Namespace, string Name), NetworkPolicy>.Empty);

    public KnownService Of(ServiceName name) => All.GetValueOrDefault(name) ?? KnownService.None;

    public IEnumerable<Resource> Resources => All.Values.SelectMany(known => known.Slices.Values.Cast<Resource>().Concat(known.Service is { } service ? [service] : [])).Concat(Policies.Values);

    /// <summary>With an object put in, and the services that this concerns. A slice may have come to name another service.</summary>
    public NetworkObjects With(Resource resource, ISet<ServiceName> touched) => resource switch
    {
        Service service => Set(new ServiceName(service.Namespace, service.Name), known => known with { Service = service }, touched),
        EndpointSlice { Service: { } owner } slice => WithoutSlice(slice.Namespace, slice.Name, except: owner, touched)
            .Set(new ServiceName(slice.Namespace, owner), known => known with { Slices = known.Slices.SetItem(slice.Name, slice) }, touched),
        NetworkPolicy policy => this with { Policies = Policies.SetItem((policy.Namespace, policy.Name), policy) },
        _ => this,
    };

    public NetworkObjects Without(string kind, string @namespace, string name, ISet<ServiceName> touched) => kind switch
    {
        Service.KindName => Set(new ServiceName(@namespace, name), known => known with { Service = null }, touched),
        EndpointSlice.KindName => WithoutSlice(@namespace, name, except: null, touched),
        NetworkPolicy.KindName => this with { Policies = Policies.Remove((@namespace, name)) },
        _ => this,
    };

    NetworkObjects WithoutSlice(string @namespace, string name, string? except, ISet<ServiceName> touched)
    {
        // Our own slices are named after their service; anybody else's are looked for.
        ServiceName guess = new(@namespace, name[..Math.Max(0, name.LastIndexOf('-'))]);
        if (guess.Name == except) return this;
        var holder = Of(guess).Slices.ContainsKey(name) ? guess : All.Where(each => each.Key.Namespace == @namespace && each.Value.Slices.ContainsKey(name)).Select(each => (ServiceName?)each.Key).FirstOrDefault();
        return holder is { } service && service.Name != except ? Set(service, known => known with { Slices = known.Slices.Remove(name) }, touched) : this;
    }

    NetworkObjects Set(ServiceName name, Func<KnownService, KnownService> change, ISet<ServiceName> touched)
    {
        touched.Add(name);
        var next = change(Of(name));
        return this with { All = next.IsEmpty ? All.Remove(name) : All.SetItem(name, next) };
    }
}
