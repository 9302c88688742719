using Orchestrator.Runtime.Cgroups;
using Orchestrator.Runtime.Spec;

namespace Orchestrator.Runtime.State;

/// <summary>
/// What orun keeps of a container between its commands. StartTime is the first process's, in clock ticks since boot: with the pid
/// it names one process for ever. Created is RFC 3339, UTC.
/// </summary>
sealed record ContainerState(
    string Id, string OciVersion, int Pid, ulong StartTime, string Bundle, string Rootfs, string Created, ContainerCgroups Cgroups,
    IReadOnlyDictionary<string, string> Annotations)
{
    // Only root runs containers with orun.
    public const string Owner = "root";

    /// <summary>The text of state.json.</summary>
    public byte[] Write()
    {
        var json = new JsonText().Open('{').Field("id", Id).Field("ociVersion", OciVersion).Field("pid", (ulong)Pid)
            .Field("startTime", StartTime).Field("bundle", Bundle).Field("rootfs", Rootfs).Field("created", Created);
        json.Open('[', "cgroups");
        foreach (var directory in Cgroups.Directories)
        {
            json.Open('{').Field("unified", directory.Unified).Field("controllers", directory.Name).Field("path", directory.Path).Close('}');
        }

        json.Close(']').Open('[', "cgroupsMade");
        foreach (var made in Cgroups.Made) json.Item(made);
        json.Close(']');
        if (Cgroups.Unit is not null) json.Field("unit", Cgroups.Unit);
        return WriteAnnotations(json).Close('}').ToUtf8();
    }

    /// <summary>The state as others read it (runtime.md, "State"), with what runc adds.</summary>
    public byte[] WriteOci(ContainerStatus status) => WriteAnnotations(new JsonText().Open('{')
        .Field("ociVersion", OciVersion).Field("id", Id).Field("pid", status == ContainerStatus.Stopped ? 0 : (ulong)Pid)
        .Field("status", status.ToString().ToLowerInvariant()).Field("bundle", Bundle).Field("rootfs", Rootfs)
        .Field("created", Created)).Field("owner", Owner).Close('}').ToUtf8();

    /// <exception cref="ConfigException">The text is not what Write made.</exception>
    public static ContainerState Read(ReadOnlySpan<byte> text)
    {
        var walk = new JsonWalk(text, []);
        var state = new ContainerState("", "", 0, 0, "", "", "", new ContainerCgroups([], []), new SortedDictionary<string, string>());
        List<CgroupDirectory> directories = [];
        List<string> made = [];
        string? unit = null;
        for (walk.Enter(); walk.Field() is { } name;)
        {
            switch (name)
            {
                case "id": state = state with { Id = walk.String() }; break;
                case "ociVersion": state = state with { OciVersion = walk.String() }; break;
                case "pid": state = state with { Pid = (int)walk.Long() }; break;
                case "startTime": state = state with { StartTime = walk.ULong() }; break;
                case "bundle": state = state with { Bundle = walk.String() }; break;
                case "rootfs": state = state with { Rootfs = walk.String() }; break;
                case "created": state = state with { Created = walk.String() }; break;
                case "cgroups":
                    for (walk.EnterArray(); walk.Element();) directories.Add(ReadDirectory(ref walk));
                    break;
                case "cgroupsMade": made = walk.Strings(); break;
                case "unit": unit = walk.String(); break;
                case "annotations": state = state with { Annotations = walk.StringMap() }; break;
                default: walk.Skip(); break;
            }
        }

        return state with { Cgroups = new ContainerCgroups(directories, made) { Unit = unit } };
    }

    static CgroupDirectory ReadDirectory(ref JsonWalk walk)
    {
        var unified = false;
        string controllers = "", path = "";
        for (walk.Enter(); walk.Field() is { } name;)
        {
            switch (name)
            {
                case "unified": unified = walk.Bool(); break;
                case "controllers": controllers = walk.String(); break;
                case "path": path = walk.String(); break;
                default: walk.Skip(); break;
            }
        }

        return new CgroupDirectory(unified, controllers.Split(',', StringSplitOptions.RemoveEmptyEntries), path);
    }

    JsonText WriteAnnotations(JsonText json)
    {
        if (Annotations.Count == 0) return json;
        json.Open('{', "annotations");
        foreach (var (key, value) in Annotations) json.Field(key, value);
        return json.Close('}');
    }
}

/// <summary>Where a container is in its life (runtime.md, "State").</summary>
enum ContainerStatus
{
    Creating,
    Created,
    Running,
    Paused,
    Stopped,
}
