using System.Text.Json;
using Orchestrator.Model;
using Orchestrator.Model.Meta;
using Orchestrator.NodeAgent.Syscalls;

namespace Orchestrator.NodeAgent.Journal;

/// <summary>
/// The pods of this node on its disk: a node that is cut off or restarted keeps running them, and an agent that
/// returns knows what it had done. A file a pod, to which an entry is added as a line, since that costs one flush and no new file; the last whole one
/// counts. A file that has grown long begins anew.
/// </summary>
sealed class PodJournal(string directory)
{
    const string Suffix = ".json";
    const byte LineEnd = (byte)'\n';

    // Some ten entries: what is kept of a pod is a few thousand bytes.
    const int MostBytes = 64 << 10;

    const string NetworkFile = "network";
    const string ContentsFile = "contents";
    const string ServicesFile = "services";

    readonly string _directory = PrivateDirectory.Make(directory);

    /// <summary>Keeps an encoded entry, which is one line of text.</summary>
    public void Save(string podUid, ReadOnlySpan<byte> entry)
    {
        var path = PathOf(podUid);
        byte[] line = [.. entry, LineEnd];
        if (new FileInfo(path) is { Exists: true, Length: > 0 and < MostBytes } there)
            Append(path, there.Length, line);
        else
            PrivateDirectory.WriteFile(path, line);
    }

    static void Append(string path, long at, byte[] line)
    {
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite);
        // Whatever stands there in part, or without an end, is not joined to it.
        Span<byte> last = [0];
        RandomAccess.Read(file, last, at - 1);
        RandomAccess.Write(file, last[0] == LineEnd ? line : [LineEnd, .. line], at);
        RandomAccess.FlushToDisk(file);
    }

    public void Forget(string podUid)
    {
        File.Delete(PathOf(podUid));
        PrivateDirectory.Flush(_directory);
    }

    public void SaveNetwork(NetworkEntry network) => PrivateDirectory.WriteFile(Path.Combine(_directory, NetworkFile), JsonSerializer.SerializeToUtf8Bytes(network, JournalJson.Default.NetworkEntry));

    /// <summary>Keeps the services as they were told, an object a line.</summary>
    public void SaveServices(IEnumerable<Resource> objects)
    {
        using MemoryStream lines = new();
        foreach (var each in objects)
        {
            lines.Write(ModelJson.Encode(each));
            lines.WriteByte((byte)'\n');
        }

        PrivateDirectory.WriteFile(Path.Combine(_directory, ServicesFile), lines.ToArray());
    }

    /// <summary>Whether services were ever kept, perhaps none.</summary>
    public bool HasServices => File.Exists(Path.Combine(_directory, ServicesFile));

    /// <exception cref="JsonException">It is not what SaveServices wrote.</exception>
    public IReadOnlyList<Resource> LoadServices()
    {
        var path = Path.Combine(_directory, ServicesFile);
        return File.Exists(path) ? [.. File.ReadLines(path).Select(line => ModelJson.DecodeResource(System.Text.Encoding.UTF8.GetBytes(line)))] : [];
    }

    public NetworkEntry? LoadNetwork()
    {
        var path = Path.Combine(_directory, NetworkFile);
        return File.Exists(path) ? JsonSerializer.Deserialize(File.ReadAllBytes(path), JournalJson.Default.NetworkEntry) : null;
    }

    /// <summary>Keeps the ConfigMaps and Secrets of the pods, a line each.</summary>
    public void SaveContents(IReadOnlyList<Resource> contents)
    {
        using MemoryStream lines = new();
        foreach (var content in contents)
        {
            lines.Write(ModelJson.Encode(content));
            lines.WriteByte((byte)'\n');
        }

        PrivateDirectory.WriteFile(Path.Combine(_directory, ContentsFile), lines.ToArray());
    }

    /// <summary>What was kept; none if it can't be read: the control plane tells it again.</summary>
    public IReadOnlyList<Resource> LoadContents()
    {
        var path = Path.Combine(_directory, ContentsFile);
        try
        {
            return File.Exists(path) ? [.. File.ReadLines(path).Select(line => ModelJson.DecodeResource(System.Text.Encoding.UTF8.GetBytes(line)))] : [];
        }
        catch (JsonException)
        {
            return [];
        }
    }

    /// <summary>All pods kept, by uid; and the files that can't be read, with the reason, for the log: the control plane tells of their pods again.</summary>
    public (IReadOnlyDictionary<string, JournalEntry> Pods, IReadOnlyList<string> Unreadable) Load()
    {
        Dictionary<string, JournalEntry> pods = [];
        List<string> unreadable = [];
        foreach (var path in Directory.EnumerateFiles(_directory, "*" + Suffix))
        {
            var (entry, problem) = LastOf(File.ReadAllBytes(path));
            if (entry is not null)
                pods[Path.GetFileNameWithoutExtension(path)] = entry;
            else
                unreadable.Add($"{path}: {problem}");
        }

        return (pods, unreadable);
    }

    // A power cut may have left the last one in part.
    static (JournalEntry? Entry, string Problem) LastOf(ReadOnlySpan<byte> lines)
    {
        var problem = "it is empty";
        for (var rest = lines.TrimEnd(LineEnd); rest.Length > 0; rest = rest[..Math.Max(0, rest.LastIndexOf(LineEnd))].TrimEnd(LineEnd))
        {
            try
            {
                return (JournalEntry.Decode(rest[(rest.LastIndexOf(LineEnd) + 1)..]), "");
            }
            catch (JsonException e)
            {
                problem = e.Message;
            }
        }

        return (null, problem);
    }

    string PathOf(string podUid) => Path.Combine(_directory, podUid + Suffix);
}
