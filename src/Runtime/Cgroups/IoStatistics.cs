using System.Globalization;
using Orchestrator.Runtime.State;
using Orchestrator.Runtime.Syscalls;

namespace Orchestrator.Runtime.Cgroups;

/// <summary>How much a container has read and written of each device, as `runc events --stats` prints it: entries of major, minor, op and value.</summary>
static class IoStatistics
{
    /// <summary>The lines of v2's io.stat: "8:0 rbytes=4096 wbytes=0 rios=1 wios=0 dbytes=0 dios=0".</summary>
    public static void Unified(JsonText json, string directory)
    {
        List<Entry> bytes = [], operations = [];
        foreach (var (device, words) in Lines(directory + "/io.stat"))
        {
            foreach (var word in words)
            {
                var (list, op) = word.Split('=')[0] switch
                {
                    "rbytes" => (bytes, "Read"),
                    "wbytes" => (bytes, "Write"),
                    "dbytes" => (bytes, "Discard"),
                    "rios" => (operations, "Read"),
                    "wios" => (operations, "Write"),
                    "dios" => (operations, "Discard"),
                    _ => (null, ""),
                };
                if (list is not null && Number(word[(word.IndexOf('=') + 1)..]) is { } value) list.Add(new Entry(device, op, value));
            }
        }

        Write(json, bytes, operations);
    }

    /// <summary>The lines of v1's files: "8:0 Read 4096", and a total at the end.</summary>
    public static void Legacy(JsonText json, string directory) => Write(json, Entries(directory, "io_service_bytes"), Entries(directory, "io_serviced"));

    readonly record struct Entry(string Device, string Op, ulong Value);

    static List<Entry> Entries(string directory, string name)
    {
        var recursive = $"{directory}/blkio.throttle.{name}_recursive";
        var file = Kernel.Stat(recursive) is null ? $"{directory}/blkio.throttle.{name}" : recursive;
        return [.. from line in Lines(file) where line.Words is [_, _] let value = Number(line.Words[1]) where value is not null select new Entry(line.Device, line.Words[0], value.Value)];
    }

    static IEnumerable<(string Device, string[] Words)> Lines(string file) =>
        from line in (Kernel.TryReadText(file) ?? "").Split('\n')
        let words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries)
        where words.Length > 1 && words[0].Contains(':')
        select (words[0], words[1..]);

    static ulong? Number(string text) => ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    static void Write(JsonText json, List<Entry> bytes, List<Entry> operations)
    {
        json.Open('{', "blkio");
        List(json, "ioServiceBytesRecursive", bytes);
        List(json, "ioServicedRecursive", operations);
        json.Close('}');
    }

    // What is nothing is left out, as the other runtimes do.
    static void List(JsonText json, string name, List<Entry> entries)
    {
        if (entries.Count == 0) return;
        json.Open('[', name);
        foreach (var (device, op, value) in entries)
        {
            json.Open('{');
            foreach (var (field, number) in ((string, string)[])[("major", device[..device.IndexOf(':')]), ("minor", device[(device.IndexOf(':') + 1)..])])
                if (Number(number) is > 0 and var said)
                    json.Field(field, said);
            json.Field("op", op);
            if (value > 0) json.Field("value", value);
            json.Close('}');
        }

        json.Close(']');
    }
}
