using Orchestrator.Runtime.Cgroups;
using Orchestrator.Runtime.Launch;
using Orchestrator.Runtime.Plan;
using Orchestrator.Runtime.Spec;
using Orchestrator.Runtime.Syscalls;

namespace Orchestrator.Runtime.Systemd;

/// <summary>
/// A container's scope. It is made before the container, so that the container is born in it; until then a process holds it that does nothing
/// and ends with this one. systemd takes the scope away when its last process has ended.
/// </summary>
sealed class Scope : IDisposable
{
    const string Booted = "/run/systemd/system"; // sd_booted(3)
    const string Systemd = "org.freedesktop.systemd1", Path = "/org/freedesktop/systemd1", Interface = "org.freedesktop.systemd1.Manager";
    const string Exists = Systemd + ".UnitExists", None = Systemd + ".NoSuchUnit";
    const int SetParentDeathSignal = 1, Kill = 9, Struct = 8;

    readonly Launched _holder;

    Scope(Launched holder) => _holder = holder;

    /// <summary>Says why containers can't be scopes of systemd here.</summary>
    /// <exception cref="CgroupException">There is no systemd, or its cgroups are v1.</exception>
    public static void Require(CgroupLayout layout)
    {
        if (!Directory.Exists(Booted)) throw new CgroupException("systemd not running on this host, cannot use systemd cgroups manager: leave --systemd-cgroup out");
        if (!layout.Unified) throw new CgroupException("the systemd cgroups manager is supported on cgroup v2 only: leave --systemd-cgroup out");
    }

    /// <summary>Has systemd make the scope, with these limits.</summary>
    /// <exception cref="BusException">systemd does not make it.</exception>
    public static Scope Start(UnitPlace place, string id, ResourceSpec resources)
    {
        var scope = new Scope(Hold());
        try
        {
            using var bus = SystemBus.Connect();
            bus.Match($"type='signal',sender='{Systemd}',interface='{Interface}',member='JobRemoved'");
            IReadOnlyList<UnitProperty> properties = [.. UnitProperties.OfScope(id, place, scope._holder.Pid), .. UnitProperties.Of(resources)];
            byte[] job;
            try
            {
                job = Begin(bus, place, properties);
            }
            catch (BusErrorException e) when (e.Name == Exists)
            {
                // One that failed stays known until it is forgotten on purpose.
                Tolerant(bus, "ResetFailedUnit", place.Name);
                job = Begin(bus, place, properties);
            }

            Await(bus, job, place.Name);
            return scope;
        }
        catch
        {
            scope.Dispose();
            throw;
        }
    }

    /// <summary>Sets limits of a scope that runs.</summary>
    public static void Update(string unit, ResourceSpec resources)
    {
        var properties = UnitProperties.Of(resources);
        if (properties.Count == 0) return;
        using var bus = SystemBus.Connect();
        bus.Call(Systemd, Path, Interface, "SetUnitProperties", "sba(sv)", body => Write(body.String(unit).Bool(true), properties));
    }

    /// <summary>Ends all that runs in a container's scope, if it has one, and has systemd forget it.</summary>
    public static void End(ContainerCgroups cgroups)
    {
        if (cgroups.Unit is not { } unit) return;
        CgroupEnd.Empty(cgroups); // systemd would ask them politely, and wait
        using var bus = SystemBus.Connect();
        bus.Match($"type='signal',sender='{Systemd}',interface='{Interface}',member='JobRemoved'");
        if (Tolerant(bus, "StopUnit", unit, "replace") is { } job) Await(bus, job, unit);
        Tolerant(bus, "ResetFailedUnit", unit);
    }

    /// <summary>Ends the process that held it.</summary>
    public void Dispose()
    {
        _holder.Abandon();
        _holder.Dispose();
    }

    static Launched Hold()
    {
        const string what = "hold the scope";
        var ops = new OpList();
        ops.Add(what, Call.prctl, SetParentDeathSignal, Kill);
        SessionSteps.AwaitLauncher(ops, what);
        return Launched.Start(ops.Build(CloneFlags.None), []);
    }

    static byte[] Begin(SystemBus bus, UnitPlace place, IReadOnlyList<UnitProperty> properties) =>
        bus.Call(Systemd, Path, Interface, "StartTransientUnit", "ssa(sv)a(sa(sv))", body => Write(body.String(place.Name).String("replace"), properties).Array(Struct, static _ => { }));

    static BusWriter Write(BusWriter body, IReadOnlyList<UnitProperty> properties) => body.Array(Struct, array =>
    {
        foreach (var property in properties) property.Write(array.Align(Struct).String(property.Name).Signature(property.Type));
    });

    static byte[]? Tolerant(SystemBus bus, string member, params string[] arguments)
    {
        try
        {
            return bus.Call(Systemd, Path, Interface, member, new string('s', arguments.Length), body => Array.ForEach(arguments, text => body.String(text)));
        }
        catch (BusErrorException e) when (e.Name == None)
        {
            return null;
        }
    }

    static void Await(SystemBus bus, byte[] answer, string unit)
    {
        var job = new BusReader(answer).String();
        var result = bus.Await("JobRemoved", body =>
        {
            var signal = new BusReader(body);
            signal.UInt32(); // the job's number
            if (signal.String() != job) return null;
            signal.String(); // its unit
            return signal.String();
        });
        if (result != "done") throw new BusException($"the job for {unit} ended as '{result}'");
    }
}
