using Orchestrator.Model.Pods;
using Orchestrator.Scheduler.Asks;
using Orchestrator.Scheduler.Topology;

namespace Orchestrator.Scheduler;

/// <summary>A pod on a node, with the devices it has.</summary>
sealed class Occupant(Pod pod, int node)
{
    public Pod Pod => pod;

    public int Node => node;

    public required Shape Shape { get; set; }

    public required Devices Devices { get; init; }
}

/// <param name="Whole">Devices that are all a pod's own, a bit each.</param>
/// <param name="Shared">The device of which it has a share; -1 for none.</param>
readonly record struct Devices(ulong Whole, int Shared)
{
    public static readonly Devices None = new(0, -1);

    public IReadOnlyList<int> Numbers()
    {
        if (Whole == 0) return Shared < 0 ? [] : [Shared];
        var numbers = new List<int>();
        for (var i = 0; i < 64; i++)
            if ((Whole >> i & 1) != 0) numbers.Add(i);
        if (Shared >= 0) numbers.Add(Shared);
        return numbers;
    }

    /// <summary>The devices that a placed pod was given; null when it does not say, or says what can't be.</summary>
    public static Devices? Read(Pod pod, in Ask ask, ReadOnlySpan<short> free)
    {
        if (!pod.Metadata.Annotations.TryGetValue(Pod.DevicesAnnotation, out var text)) return null;
        var (whole, shared, at) = (0ul, -1, 0);
        foreach (var part in text.Split(','))
        {
            if (!int.TryParse(part, System.Globalization.CultureInfo.InvariantCulture, out var number) || number < 0 || number >= free.Length) return null;
            if (at++ < ask.Devices) whole |= 1ul << number;
            else shared = number;
        }

        return at == ask.Devices + (ask.Share > 0 ? 1 : 0) ? new Devices(whole, shared) : null;
    }

    /// <summary>Pods that are there already take their devices in this order, the largest first, which leaves the most room.</summary>
    public static decimal Size(Pod pod) => pod.Spec.Containers.Sum(each =>
        each.Resources.RequestOf(ResourceNames.Gpu).Value * Amounts.Device + each.Resources.RequestOf(ResourceNames.GpuMilli).Value);
}

/// <summary>Pods come and go.</summary>
sealed partial class Fleet
{
    readonly short[][] _devices;
    readonly List<Occupant>?[] _pods;
    readonly List<HostPort>?[] _ports;
    readonly Dictionary<string, int>?[] _owners;
    readonly List<int> _changes = [];

    /// <summary>The nodes that changed, in order, so that whoever keeps something of them can catch up.</summary>
    public IReadOnlyList<int> Changes => _changes;

    /// <summary>The place in <see cref="Changes"/> at which each node changed last.</summary>
    public int[] LastChange { get; }

    public IReadOnlyList<Occupant> PodsOn(int node) => _pods[node] ?? (IReadOnlyList<Occupant>)[];

    public int SiblingsOn(int node, string owner) => _owners[node]?.GetValueOrDefault(owner) ?? 0;

    public HostPort? TakenPort(int node, HostPort[] asked)
    {
        if (_ports[node] is not { } taken) return null;
        foreach (var port in asked)
            foreach (var other in taken)
                if (port.Collides(other)) return port;
        return null;
    }

    /// <summary>Puts a pod on a node, whether there is room or not. Devices are chosen: the fullest that will do for a share, the first for whole ones.</summary>
    public Occupant Take(Pod pod, Shape shape, int node)
    {
        var devices = Devices.None;
        if (shape.Ask.WantsGpu && pod.Spec.NodeName is not null && Devices.Read(pod, shape.Ask, _devices[node]) is { } had) TakeDevices(shape.Ask, node, devices = had);
        else if (shape.Ask.WantsGpu) devices = TakeDevices(shape.Ask, node);
        var occupant = new Occupant(pod, node) { Shape = shape, Devices = devices };
        Add(occupant);
        return occupant;
    }

    /// <summary>Puts a pod that was released back to where it was, on the devices that it had.</summary>
    public void Return(Occupant occupant)
    {
        if (occupant.Shape.Ask.WantsGpu) TakeDevices(occupant.Shape.Ask, occupant.Node, occupant.Devices);
        Add(occupant);
    }

    void Add(Occupant occupant)
    {
        var (shape, node) = (occupant.Shape, occupant.Node);
        var at = node * Stride;
        foreach (var column in shape.Ask.Columns) Free[at + column] -= shape.Ask.Values[column];
        (_pods[node] ??= []).Add(occupant);
        if (shape.Ports.Length > 0) (_ports[node] ??= []).AddRange(shape.Ports);
        if (shape.Owner is { } owner) (_owners[node] ??= new Dictionary<string, int>(StringComparer.Ordinal))[owner] = SiblingsOn(node, owner) + 1;
        _settings.Volumes?.Take(occupant.Pod, Nodes[node].Name);
        Count(shape, node, 1);
        Changed(node);
    }

    public void Release(Occupant occupant)
    {
        var (shape, node) = (occupant.Shape, occupant.Node);
        if (_pods[node] is not { } pods || !pods.Remove(occupant)) return;
        var ask = shape.Ask;
        var at = node * Stride;
        foreach (var column in ask.Columns) Free[at + column] += ask.Values[column];
        if (ask.WantsGpu) ReturnDevices(ask, node, occupant.Devices);
        foreach (var port in shape.Ports) _ports[node]!.Remove(port); // taken with the pod
        if (shape.Owner is { } owner && _owners[node] is { } owners && --owners[owner] == 0) owners.Remove(owner);
        _settings.Volumes?.Release(occupant.Pod, Nodes[node].Name);
        Count(shape, node, -1);
        Changed(node);
    }

    void Count(Shape shape, int node, int change)
    {
        if (_terms.Count == 0) return;
        foreach (var term in shape.Identity.Matched(this)) term.Count(node, change);
        foreach (var term in shape.Far) term.CountRefusing(node, change);
        foreach (var liking in shape.Likings) liking.Term.CountWanting(node, change * liking.Weight);
        foreach (var term in shape.Near) term.CountWanting(node, change * Liking.OfRequired);
    }

    void Changed(int node)
    {
        LastChange[node] = _changes.Count;
        _changes.Add(node);
    }

    void TakeDevices(Ask ask, int node, Devices had)
    {
        var devices = _devices[node];
        for (var i = 0; i < devices.Length; i++)
            if ((had.Whole >> i & 1) != 0) devices[i] = 0;
        if (had.Shared >= 0) devices[had.Shared] -= (short)ask.Share;
        Recount(node);
    }

    Devices TakeDevices(Ask ask, int node)
    {
        var devices = _devices[node];
        ulong taken = 0;
        var left = ask.Devices;
        for (var i = 0; i < devices.Length && left > 0; i++)
        {
            if (devices[i] != Amounts.Device) continue;
            devices[i] = 0;
            taken |= 1ul << i;
            left--;
        }

        var shared = ask.Share > 0 ? ShareOf(ask, devices) : -1;
        if (shared >= 0) devices[shared] -= (short)ask.Share;
        Recount(node);
        return new Devices(taken, shared);
    }

    /// <summary>Takes off devices what a pod would get of them.</summary>
    public static void Without(Span<short> devices, in Ask ask)
    {
        var left = ask.Devices;
        for (var i = 0; i < devices.Length && left > 0; i++)
        {
            if (devices[i] != Amounts.Device) continue;
            devices[i] = 0;
            left--;
        }

        if (ask.Share > 0 && ShareOf(ask, devices) is var shared and >= 0) devices[shared] -= (short)ask.Share;
    }

    static int ShareOf(in Ask ask, ReadOnlySpan<short> devices)
    {
        var best = -1;
        for (var i = 0; i < devices.Length; i++)
            if (devices[i] >= ask.Share && (best < 0 || devices[i] < devices[best])) best = i;
        return best;
    }

    void ReturnDevices(Ask ask, int node, Devices taken)
    {
        var devices = _devices[node];
        for (var i = 0; i < devices.Length; i++)
            if ((taken.Whole >> i & 1) != 0) devices[i] = Amounts.Device;
        if (taken.Shared >= 0) devices[taken.Shared] += (short)ask.Share;
        Recount(node);
    }

    void Recount(int node)
    {
        var (whole, largest) = (0, 0);
        foreach (var free in _devices[node])
        {
            if (free >= Amounts.Device) whole++;
            if (free > largest) largest = free;
        }

        WholeDevices[node] = whole;
        LargestShare[node] = largest;
    }
}
