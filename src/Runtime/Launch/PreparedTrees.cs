using Orchestrator.Runtime.Plan;
using Orchestrator.Runtime.Spec;
using Orchestrator.Runtime.Syscalls;

namespace Orchestrator.Runtime.Launch;

/// <summary>
/// The trees that the launcher makes before the clone, attached nowhere, because the container's process could not: file systems to fill
/// (CopyUp), binds whose ids are mapped, and, when it has a user namespace and so no right of its own to the host's paths, every bind and the root.
/// </summary>
sealed class PreparedTrees : IDisposable
{
    readonly List<Fd> _trees = [];
    readonly Dictionary<string, string> _paths = [];

    /// <summary>Where the launcher finds them, by the field of what they are for.</summary>
    public IReadOnlyDictionary<string, string> Paths => _paths;

    public static PreparedTrees Prepare(ContainerConfig config, string bundle)
    {
        var trees = new PreparedTrees();
        try
        {
            var root = Path.GetFullPath(config.Root.Path, bundle);
            var isOtherUser = config.Linux.HasUserNamespace;
            if (isOtherUser) trees.Add(RootSteps.Field, Kernel.CloneTree(root, recursive: true, RootSteps.Field));
            foreach (var mount in config.Mounts)
            {
                if (mount.Options.CopiesUp) trees.Add(mount.Field, CopyUp.Fill(mount, root, isOtherUser));
                else if (mount.Options.IsBind && (isOtherUser || mount.IsIdMapped)) trees.Add(mount.Field, Bind(mount, config.Linux, bundle));
            }

            return trees;
        }
        catch
        {
            trees.Dispose();
            throw;
        }
    }

    void Add(string field, Fd? tree)
    {
        if (tree is null) return;
        _trees.Add(tree);
        _paths.Add(field, $"/proc/self/fd/{tree.Number}");
    }

    static Fd Bind(MountSpec mount, LinuxSpec linux, string bundle)
    {
        var source = Path.GetFullPath(mount.Source, bundle);
        var what = $"{mount.Field}: mount {mount.Destination}: source {source}";
        var tree = Kernel.CloneTree(source, mount.Options.IsRecursive, what);
        try
        {
            if (!mount.IsIdMapped) return tree;
            using var user = mount.Ids.Any ? UserNamespace.Make(mount.Ids) : UserNamespace.Of(linux);
            Kernel.MapIds(tree, user, mount.Options.MapsIdsBelow, what + ": map its ids");
            return tree;
        }
        catch
        {
            tree.Dispose();
            throw;
        }
    }

    public void Dispose() => _trees.ForEach(tree => tree.Dispose());
}
