using System.Text;
using Orchestrator.Runtime.Syscalls;

namespace Orchestrator.Runtime.Spec;

/// <summary>
/// The options of one mount, sorted by who understands them: mount(2), mount_setattr(2) for binds, or the file system itself (Data).
/// </summary>
/// <param name="Flags">Flags of mount(2), for a new file system.</param>
/// <param name="Set">Attributes to set on a bind.</param>
/// <param name="Clear">Attributes to clear on a bind.</param>
/// <param name="SetBelow">Attributes to set on a mount and all below it (rro and its like).</param>
/// <param name="ClearBelow">Attributes to clear on a mount and all below it.</param>
/// <param name="Propagation">MS_PRIVATE and its like, with MS_REC; None if not said.</param>
/// <param name="IsBind">bind or rbind.</param>
/// <param name="IsRecursive">rbind.</param>
/// <param name="Data">What is left, comma separated, for the file system.</param>
sealed record MountOptions(
    Ms Flags, MountAttr Set, MountAttr Clear, MountAttr SetBelow, MountAttr ClearBelow,
    Ms Propagation, bool IsBind, bool IsRecursive, string Data)
{
    /// <summary>tmpcopyup: a tmpfs begins with what the image has in its place.</summary>
    public bool CopiesUp { get; init; }

    /// <summary>idmap or ridmap: the files show ids of another user namespace.</summary>
    public bool MapsIds { get; init; }

    /// <summary>ridmap: so do the mounts below.</summary>
    public bool MapsIdsBelow { get; init; }

    /// <summary>Sorts the options; the later of two that contradict wins, as mount(8) has it.</summary>
    /// <exception cref="ConfigException">An option that asks for something orun does not do.</exception>
    public static MountOptions Parse(string field, IEnumerable<string> options)
    {
        var state = new MountOptions(Ms.None, 0, 0, 0, 0, Ms.None, false, false, "");
        var data = new StringBuilder();
        foreach (var option in options)
        {
            if (state.With(option) is { } next)
            {
                state = next;
                continue;
            }

            if (option == "remount") throw new ConfigException(field, "the mount option remount is not supported");
            if (data.Length > 0) data.Append(',');
            data.Append(option);
        }

        return state with { Data = data.ToString() };
    }

    /// <summary>The options with one more; null if the kernel's mount calls do not know it.</summary>
    MountOptions? With(string option) => option switch
    {
        "" or "defaults" => this,
        "bind" => this with { IsBind = true },
        "idmap" => this with { MapsIds = true },
        "ridmap" => this with { MapsIds = true, MapsIdsBelow = true },
        "tmpcopyup" => this with { CopiesUp = true },
        "rbind" => this with { IsBind = true, IsRecursive = true },
        "ro" => Add(Ms.RDONLY, MountAttr.RDONLY),
        "rw" => Remove(Ms.RDONLY, MountAttr.RDONLY),
        "nosuid" => Add(Ms.NOSUID, MountAttr.NOSUID),
        "suid" => Remove(Ms.NOSUID, MountAttr.NOSUID),
        "nodev" => Add(Ms.NODEV, MountAttr.NODEV),
        "dev" => Remove(Ms.NODEV, MountAttr.NODEV),
        "noexec" => Add(Ms.NOEXEC, MountAttr.NOEXEC),
        "exec" => Remove(Ms.NOEXEC, MountAttr.NOEXEC),
        "nosymfollow" => Add(Ms.NOSYMFOLLOW, MountAttr.NOSYMFOLLOW),
        "symfollow" => Remove(Ms.NOSYMFOLLOW, MountAttr.NOSYMFOLLOW),
        "nodiratime" => Add(Ms.NODIRATIME, MountAttr.NODIRATIME),
        "diratime" => Remove(Ms.NODIRATIME, MountAttr.NODIRATIME),
        "noatime" => Time(Ms.NOATIME, MountAttr.NOATIME),
        "strictatime" => Time(Ms.STRICTATIME, MountAttr.STRICTATIME),
        "atime" or "relatime" or "norelatime" or "nostrictatime" => Time(Ms.RELATIME, 0),
        "sync" => this with { Flags = Flags | Ms.SYNCHRONOUS },
        "async" => this with { Flags = Flags & ~Ms.SYNCHRONOUS },
        "dirsync" => this with { Flags = Flags | Ms.DIRSYNC },
        "mand" => this with { Flags = Flags | Ms.MANDLOCK },
        "nomand" => this with { Flags = Flags & ~Ms.MANDLOCK },
        "rro" => Below(MountAttr.RDONLY, 0),
        "rrw" => Below(0, MountAttr.RDONLY),
        "rnosuid" => Below(MountAttr.NOSUID, 0),
        "rsuid" => Below(0, MountAttr.NOSUID),
        "rnodev" => Below(MountAttr.NODEV, 0),
        "rdev" => Below(0, MountAttr.NODEV),
        "rnoexec" => Below(MountAttr.NOEXEC, 0),
        "rexec" => Below(0, MountAttr.NOEXEC),
        "rnosymfollow" => Below(MountAttr.NOSYMFOLLOW, 0),
        "rsymfollow" => Below(0, MountAttr.NOSYMFOLLOW),
        "rnodiratime" => Below(MountAttr.NODIRATIME, 0),
        "rdiratime" => Below(0, MountAttr.NODIRATIME),
        "rnoatime" => Below(MountAttr.NOATIME, MountAttr.ATIME_MASK),
        "rstrictatime" => Below(MountAttr.STRICTATIME, MountAttr.ATIME_MASK),
        "ratime" or "rrelatime" or "rnorelatime" or "rnostrictatime" => Below(0, MountAttr.ATIME_MASK),
        _ => PropagationOf(option) is var kind and not Ms.None ? this with { Propagation = kind } : null,
    };

    /// <summary>The flags of a propagation name, or None if it is not one (mount_namespaces(7)).</summary>
    public static Ms PropagationOf(string name) => name switch
    {
        "private" => Ms.PRIVATE,
        "rprivate" => Ms.PRIVATE | Ms.REC,
        "slave" => Ms.SLAVE,
        "rslave" => Ms.SLAVE | Ms.REC,
        "shared" => Ms.SHARED,
        "rshared" => Ms.SHARED | Ms.REC,
        "unbindable" => Ms.UNBINDABLE,
        "runbindable" => Ms.UNBINDABLE | Ms.REC,
        _ => Ms.None,
    };

    MountOptions Add(Ms flag, MountAttr attribute) =>
        this with { Flags = Flags | flag, Set = Set | attribute, Clear = Clear & ~attribute };

    MountOptions Remove(Ms flag, MountAttr attribute) =>
        this with { Flags = Flags & ~flag, Set = Set & ~attribute, Clear = Clear | attribute };

    // The access-time attributes are one field of the kernel's: it wants the whole field cleared before one is set.
    MountOptions Time(Ms flag, MountAttr attribute) => this with
    {
        Flags = (Flags & ~(Ms.NOATIME | Ms.RELATIME | Ms.STRICTATIME)) | flag,
        Set = (Set & ~MountAttr.ATIME_MASK) | attribute,
        Clear = Clear | MountAttr.ATIME_MASK,
    };

    MountOptions Below(MountAttr set, MountAttr clear) =>
        this with { SetBelow = (SetBelow & ~clear) | set, ClearBelow = (ClearBelow & ~set) | clear };
}
