namespace Orchestrator.Runtime.Plan;

/// <summary>The registers with a fixed meaning. The spawn code has 255, the last three of which hold its reports.</summary>
static class Slots
{
    public const int Limit = 252;

    /// <summary>Where the process reports errors to the launcher; close-on-exec, so its end says that exec worked.</summary>
    public static readonly Slot Errors = new(0, "errors");

    /// <summary>A byte comes here when the hooks before pivot_root are done.</summary>
    public static readonly Slot Sync = new(1, "sync");

    /// <summary>A byte comes here when `start` is asked for.</summary>
    public static readonly Slot StartFifo = new(2, "startFifo");

    /// <summary>Where a failure of the exec itself is reported to `start`.</summary>
    public static readonly Slot StartResult = new(3, "startResult");

    public static readonly Slot ConsoleSocket = new(4, "consoleSocket");

    /// <summary>The pidfd of the container's first process, for exec.</summary>
    public static readonly Slot Init = new(5, "init");

    /// <summary>The container's root directory: every path inside is resolved below it.</summary>
    public static readonly Slot Root = new(6, "root");

    /// <summary>The mount point or directory at hand.</summary>
    public static readonly Slot Target = new(7, "target");

    /// <summary>A detached mount on its way to the target.</summary>
    public static readonly Slot Tree = new(8, "tree");

    /// <summary>Two directories that take turns while parents are made.</summary>
    public static readonly Slot Even = new(9, "even");

    public static readonly Slot Odd = new(10, "odd");

    /// <summary>The host's /dev/null, checked to be it.</summary>
    public static readonly Slot HostNull = new(11, "hostNull");

    public static readonly Slot Scrap = new(12, "scrap");

    public static readonly Slot Master = new(13, "master");

    public static readonly Slot Peer = new(14, "peer");

    /// <summary>The host's /proc, checked to be a proc file system.</summary>
    public static readonly Slot HostProc = new(15, "hostProc");

    public const int FirstFree = 16;
}
