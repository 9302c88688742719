using System.Text.Json;
using Orchestrator.Runtime.Spec;

namespace Orchestrator.Runtime.Shim;

/// <summary>One line of the shim's protocol (README.md). Fields that an operation does not use are ignored.</summary>
sealed record Request(string Op, string Id, string Bundle, string Log, int Signal, long LogMaxBytes, int LogMaxFiles, int Milliseconds)
{
    const long LeastLogBytes = 4096;
    const int MostLogFiles = 100;
    const int LastSignal = 64;
    const int LongestFence = 3_600_000;

    /// <exception cref="ConfigException">The line is not a request.</exception>
    public static Request Parse(ReadOnlySpan<byte> line)
    {
        var walk = new JsonWalk(line, []);
        var request = new Request("", "", "", "", 0, LogFile.DefaultMostBytes, LogFile.DefaultMostFiles, 0);
        for (walk.Enter(); walk.Field() is { } name;)
        {
            switch (name)
            {
                case "op": request = request with { Op = walk.String() }; break;
                case "id": request = request with { Id = walk.String() }; break;
                case "bundle": request = request with { Bundle = walk.String() }; break;
                case "log": request = request with { Log = walk.String() }; break;
                case "signal": request = request with { Signal = (int)InRange(ref walk, 1, LastSignal) }; break;
                case "milliseconds": request = request with { Milliseconds = (int)InRange(ref walk, 0, LongestFence) }; break;
                case "logMaxBytes": request = request with { LogMaxBytes = InRange(ref walk, LeastLogBytes, long.MaxValue) }; break;
                case "logMaxFiles": request = request with { LogMaxFiles = (int)InRange(ref walk, 1, MostLogFiles) }; break;
                default: walk.Skip(); break;
            }
        }

        return request;
    }

    static long InRange(ref JsonWalk walk, long least, long most) =>
        walk.Long() is var value && value >= least && value <= most ? value : throw walk.Problem($"must be from {least} to {most}");
}

/// <summary>One line back.</summary>
static class Answer
{
    public static byte[] Ok(Action<Utf8JsonWriter>? more = null) => Line(json =>
    {
        json.WriteBoolean("ok", true);
        more?.Invoke(json);
    });

    public static byte[] Failed(string error) => Line(json =>
    {
        json.WriteBoolean("ok", false);
        json.WriteString("error", error.ReplaceLineEndings(" ").Trim());
    });

    public static byte[] Exit(ContainerRecord record) => Line(json =>
    {
        json.WritePropertyName("exit");
        record.Write(json);
    });

    static byte[] Line(Action<Utf8JsonWriter> fields)
    {
        var buffer = new System.Buffers.ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            fields(json);
            json.WriteEndObject();
        }

        buffer.GetSpan(1)[0] = (byte)'\n';
        buffer.Advance(1);
        return buffer.WrittenSpan.ToArray();
    }
}
