using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Orchestrator.Runtime.Syscalls;

namespace Orchestrator.Runtime.Shim;

/// <summary>
/// What the shim tells of a container. Status is created, running or stopped; ExitCode is 128 + Signal for a death by signal.
/// </summary>
sealed record ContainerRecord(
    string Id, int Pid, string Status, int ExitCode, int Signal, bool OomKilled, DateTime? StartedAt, DateTime? FinishedAt)
{
    public const string Created = "created", Running = "running", Stopped = "stopped";

    const int FileMode = 0x180; // 0600

    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("id", Id);
        json.WriteNumber("pid", Pid);
        json.WriteString("status", Status);
        json.WriteNumber("exitCode", ExitCode);
        json.WriteNumber("signal", Signal);
        json.WriteBoolean("oomKilled", OomKilled);
        WriteTime(json, "startedAt", StartedAt);
        WriteTime(json, "finishedAt", FinishedAt);
        json.WriteEndObject();
    }

    /// <summary>Keeps the record as a file, whole or not at all.</summary>
    public void Save(string path)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer)) Write(json);
        Kernel.ReplaceFile(path, buffer.WrittenSpan, FileMode);
    }

    static void WriteTime(Utf8JsonWriter json, string name, DateTime? time)
    {
        if (time is { } known) json.WriteString(name, known.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'00Z'", CultureInfo.InvariantCulture));
        else json.WriteNull(name);
    }
}
