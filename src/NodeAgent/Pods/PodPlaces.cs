using System.Globalization;
using System.Text.RegularExpressions;
using Orchestrator.NodeAgent.Networking;
using Orchestrator.NodeAgent.Syscalls;
using Orchestrator.Reconcile.Pods;

namespace Orchestrator.NodeAgent.Pods;

/// <summary>
/// Where everything of a pod stands on disk. Uids and container names become file names here and nowhere else,
/// so here they are checked.
/// </summary>
sealed partial class PodPlaces(string data, string run)
{
    readonly string _run = PrivateDirectory.Make(Path.Combine(run, "pods"));
    readonly string _containers = PrivateDirectory.Make(Path.Combine(data, "containers"));
    readonly string _logs = PrivateDirectory.Make(Path.Combine(data, "logs"));

    /// <summary>True for a uid that may become a file name.</summary>
    public static bool IsSafe(string? uid) => uid is not null && SafeName().IsMatch(uid);

    /// <summary>The shim's directory; all of it goes when the pod is taken down.</summary>
    public string RunOf(string uid) => Path.Combine(_run, Safe(uid));

    public PodNamespaces NamespacesOf(string uid) => new(Path.Combine(RunOf(uid), "ns"));

    public string EtcOf(string uid) => Path.Combine(RunOf(uid), "etc");

    public string BundleOf(string uid, string id) => Path.Combine(RunOf(uid), "bundles", Safe(id));

    public string ExitFileOf(string uid, string id) => Path.Combine(RunOf(uid), Safe(id) + ".exit.json");

    /// <summary>Where the container's own layer and root filesystem stand.</summary>
    public string LayersOf(string uid, string id) => Path.Combine(ContainersOf(uid), Safe(id));

    public string ContainersOf(string uid) => Path.Combine(_containers, Safe(uid));

    /// <summary>By which CNI plugins the pod was connected.</summary>
    public string CniOf(string uid) => Path.Combine(ContainersOf(uid), "cni.json");

    public string LogsOf(string uid) => Path.Combine(_logs, Safe(uid));

    public string LogOf(string uid, string container, int instance) =>
        Path.Combine(LogsOf(uid), Safe(container), instance.ToString(CultureInfo.InvariantCulture) + ".log");

    public static string IdOf(string uid, string container, int instance) => ContainerId.Of(Safe(uid), Safe(container), instance);

    /// <summary>The uids that anything is left of in the run or container directories.</summary>
    public IReadOnlySet<string> Found() => new[] { _run, _containers, _logs }
        .SelectMany(Directory.EnumerateDirectories).Select(path => Path.GetFileName(path)).ToHashSet();

    static string Safe(string name) => SafeName().IsMatch(name) ? name : throw new ArgumentException($"\"{name}\" can't be a file name");

    [GeneratedRegex(@"\A[A-Za-z0-9][A-Za-z0-9._-]{0,127}\z")]
    private static partial Regex SafeName();
}
