using System.Text.Json;
using Orchestrator.Model;
using Orchestrator.Model.Meta;
using Orchestrator.NodeAgent.Syscalls;

namespace Orchestrator.NodeAgent.Journal;

/// <summary>
/// The pods of this node on its disk: a node that is cut off or restarted keeps running them, and an agent that
/// returns knows what it had done. One file a pod, replaced whole.
/// </summary>
sealed class PodJournal(string directory)
{
    const string Suffix = ".json";
    const string NetworkFile = "network";
    const string ContentsFile = "contents";
    const string ServicesFile = "services";

    readonly string _directory = PrivateDirectory.Make(directory);

    /// <summary>Keeps an encoded entry.</summary>
    public void Save(string podUid, ReadOnlySpan<byte> entry) => PrivateDirectory.WriteFile(PathOf(podUid), entry);

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
            try
            {
                pods[Path.GetFileNameWithoutExtension(path)] = JournalEntry.Decode(File.ReadAllBytes(path));
            }
            catch (JsonException e)
            {
                unreadable.Add($"{path}: {e.Message}");
            }
        }

        return (pods, unreadable);
    }

    string PathOf(string podUid) => Path.Combine(_directory, podUid + Suffix);
}
