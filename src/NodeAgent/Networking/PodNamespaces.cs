using Orchestrator.NodeAgent.Syscalls;

namespace Orchestrator.NodeAgent.Networking;

/// <summary>
/// The namespaces that the containers of one pod share: network, ipc and uts, each kept alive by a bind mount of its
/// nsfs file (namespaces(7)), so that no process has to stay for them.
/// </summary>
sealed record PodNamespaces(string Directory)
{
    // HOST_NAME_MAX (sethostname(2)).
    const int HostnameBytes = 64;

    public string Network => Path.Combine(Directory, "net");
    public string Ipc => Path.Combine(Directory, "ipc");
    public string Uts => Path.Combine(Directory, "uts");

    /// <summary>Makes those that are missing. With hostNetwork the pod stays in the node's network and uts namespaces.</summary>
    public void Make(string hostname, bool hostNetwork)
    {
        PrivateDirectory.Make(Directory);
        (string Path, string Name)[] wanted = hostNetwork ? [(Ipc, "ipc")] : [(Network, "net"), (Ipc, "ipc"), (Uts, "uts")];
        if (wanted.All(ns => MountTable.IsMountPoint(ns.Path)))
            return;
        // Half made by a run that died: no container can be in there yet.
        Remove();
        PrivateDirectory.Make(Directory);
        KernelThread.Run(() =>
        {
            var flags = Libc.CloneNewipc | (hostNetwork ? 0 : Libc.CloneNewnet | Libc.CloneNewuts);
            SyscallException.Check(Libc.Unshare(flags), "unshare", Directory);
            if (!hostNetwork)
            {
                var name = hostname.Length > HostnameBytes ? hostname[..HostnameBytes] : hostname;
                SyscallException.Check(Libc.Sethostname(name, (nuint)System.Text.Encoding.UTF8.GetByteCount(name)), "sethostname", name);
            }

            foreach (var (path, name) in wanted)
            {
                File.WriteAllBytes(path, []);
                Mounts.Bind($"/proc/thread-self/ns/{name}", path);
            }
        });
    }

    /// <summary>Lets them go; they end with the last process in them. Nothing there is fine.</summary>
    public void Remove()
    {
        foreach (var path in (string[])[Network, Ipc, Uts])
            Mounts.Detach(path);
        if (System.IO.Directory.Exists(Directory))
            System.IO.Directory.Delete(Directory, recursive: true);
    }
}
