using System.Text;
using Orchestrator.Model.Pods;
using Orchestrator.NodeAgent.Containers;
using Orchestrator.NodeAgent.Logs;
using Orchestrator.NodeAgent.Syscalls;

namespace Orchestrator.NodeAgent.Pods;

/// <summary>
/// The last words of a container: a file it may write, or the end of its log when it failed and wrote none (Kubernetes, "terminationMessagePath").
/// </summary>
sealed class TerminationMessages(PodPlaces places, TimeProvider time)
{
    // As Kubernetes has it.
    const int FileBytes = 4096, LogBytes = 2048;
    const long LogLines = 80;
    const UnixFileMode Writable = (UnixFileMode)0x1B6;

    /// <summary>An empty file for a new instance, shown inside where the container wants it.</summary>
    public ContainerMount Make(string uid, Container container)
    {
        var path = PathOf(uid, container.Name);
        PrivateDirectory.Make(places.EtcOf(uid));
        File.WriteAllBytes(path, []);
        File.SetUnixFileMode(path, Writable);
        return new ContainerMount(path, container.TerminationMessagePath ?? Container.DefaultMessagePath, ReadOnly: false);
    }

    /// <summary>What an instance that has just ended left; null when it left nothing.</summary>
    public async Task<string?> ReadAsync(string uid, Container container, int instance, bool failed, CancellationToken cancel)
    {
        try
        {
            var message = await FileAsync(PathOf(uid, container.Name), cancel);
            if (message.Length == 0 && failed && container.TerminationMessagePolicy == TerminationMessagePolicy.FallbackToLogsOnError)
                message = await LogAsync(places.LogOf(uid, container.Name, instance), cancel);
            return message.Length == 0 ? null : message;
        }
        catch (IOException)
        {
            return null; // of a pod that is being taken down: its end matters more than its words
        }
    }

    static async Task<string> FileAsync(string path, CancellationToken cancel)
    {
        if (!File.Exists(path))
            return "";
        await using var file = File.OpenRead(path);
        var bytes = new byte[FileBytes];
        var read = await file.ReadAtLeastAsync(bytes, FileBytes, throwOnEndOfStream: false, cancel);
        return Encoding.UTF8.GetString(bytes.AsSpan(0, read)).TrimEnd();
    }

    async Task<string> LogAsync(string path, CancellationToken cancel)
    {
        StringBuilder text = new();
        await foreach (var piece in new LogReader(path, time).ReadAsync(new LogQuery(LogLines, null, Timestamps: false, Follow: false), () => true, cancel))
            text.Append(Encoding.UTF8.GetString(piece.Span));
        return (text.Length > LogBytes ? text.ToString(text.Length - LogBytes, LogBytes) : text.ToString()).TrimEnd();
    }

    string PathOf(string uid, string container) => Path.Combine(places.EtcOf(uid), $"termination-{container}");
}
