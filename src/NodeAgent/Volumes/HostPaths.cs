using Orchestrator.Model.Pods;

namespace Orchestrator.NodeAgent.Volumes;

/// <summary>
/// Checks a path of the node against what its volume says must be there (Kubernetes, hostPath "type").
/// </summary>
static class HostPaths
{
    const UnixFileMode DirectoryMode = (UnixFileMode)0x1ED;

    /// <exception cref="IOException">Something else is there, or nothing.</exception>
    public static void Check(HostPathVolume host, string volume)
    {
        if (!host.Path.StartsWith('/'))
            throw new IOException($"volume {volume}: \"{host.Path}\" is not an absolute path");
        switch (host.Type ?? "")
        {
            case "":
                if (!Path.Exists(host.Path))
                    throw Missing(host, volume, "nothing is there");
                break;
            case "DirectoryOrCreate":
                Directory.CreateDirectory(host.Path, DirectoryMode);
                break;
            case "Directory":
                if (!Directory.Exists(host.Path))
                    throw Missing(host, volume, "no directory is there");
                break;
            case "FileOrCreate":
                if (!File.Exists(host.Path))
                    File.WriteAllBytes(host.Path, []);
                break;
            case "File" or "Socket":
                if (!File.Exists(host.Path))
                    throw Missing(host, volume, "no file is there");
                break;
            case var other:
                throw new IOException($"volume {volume}: hostPath type \"{other}\" is not supported");
        }
    }

    static IOException Missing(HostPathVolume host, string volume, string what) => new($"volume {volume}: {host.Path}: {what} on this node");
}
