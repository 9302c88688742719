using System.Buffers;
using System.Text.Json;
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
    /// <summary>The text of state.json.</summary>
    public byte[] Write() => Json(json =>
    {
        json.WriteString("id", Id);
        json.WriteString("ociVersion", OciVersion);
        json.WriteNumber("pid", Pid);
        json.WriteNumber("startTime", StartTime);
        json.WriteString("bundle", Bundle);
        json.WriteString("rootfs", Rootfs);
        json.WriteString("created", Created);
        json.WriteStartArray("cgroups");
        foreach (var directory in Cgroups.Directories)
        {
            json.WriteStartObject();
            json.WriteBoolean("unified", directory.Unified);
            json.WriteString("controllers", directory.Name);
            json.WriteString("path", directory.Path);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("cgroupsMade");
        foreach (var made in Cgroups.Made) json.WriteStringValue(made);
        json.WriteEndArray();
        WriteAnnotations(json);
    });

    /// <summary>The state as others read it (runtime.md, "State"), with what runc adds.</summary>
    public byte[] WriteOci(ContainerStatus status) => Json(json =>
    {
        json.WriteString("ociVersion", OciVersion);
        json.WriteString("id", Id);
        json.WriteString("status", status.ToString().ToLowerInvariant());
        json.WriteNumber("pid", status == ContainerStatus.Stopped ? 0 : Pid);
        json.WriteString("bundle", Bundle);
        json.WriteString("rootfs", Rootfs);
        json.WriteString("created", Created);
        WriteAnnotations(json);
    });

    /// <exception cref="ConfigException">The text is not what Write made.</exception>
    public static ContainerState Read(ReadOnlySpan<byte> text)
    {
        var walk = new JsonWalk(text, []);
        var state = new ContainerState("", "", 0, 0, "", "", "", new ContainerCgroups([], []), new SortedDictionary<string, string>());
        List<CgroupDirectory> directories = [];
        List<string> made = [];
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
                case "annotations": state = state with { Annotations = walk.StringMap() }; break;
                default: walk.Skip(); break;
            }
        }

        return state with { Cgroups = new ContainerCgroups(directories, made) };
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

    void WriteAnnotations(Utf8JsonWriter json)
    {
        if (Annotations.Count == 0) return;
        json.WriteStartObject("annotations");
        foreach (var (key, value) in Annotations) json.WriteString(key, value);
        json.WriteEndObject();
    }

    static byte[] Json(Action<Utf8JsonWriter> fields)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            fields(json);
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }
}

/// <summary>Where a container is in its life (runtime.md, "State").</summary>
enum ContainerStatus
{
    Creating,
    Created,
    Running,
    Stopped,
}
