using Orchestrator.Runtime.Spec;
using Orchestrator.Runtime.Syscalls;

namespace Orchestrator.Runtime.Plan;

/// <summary>
/// A terminal from the container's own devpts. The other end is opened through the master descriptor (TIOCGPTPEER, ioctl_tty(2)),
/// never by its path, which the container could replace (CVE-2025-52565).
/// </summary>
static class ConsoleSteps
{
    const long UnlockPty = 0x40045431, OpenPeer = 0x5441, SetWindowSize = 0x5414, TakeTerminal = 0x540E, DevptsMagic = 0x1CD1;

    public static void Open(OpList ops, ProcessSpec process, bool isFirst)
    {
        const string what = "open the console";
        var statfs = new Scratch("statfs", new byte[120]);
        ops.Add(what, Call.openat2, Slots.Root, "dev/pts/ptmx",
            Blocks.OpenHow(O.RDWR | O.NOCTTY, Resolve.IN_ROOT | Resolve.NO_SYMLINKS | Resolve.NO_MAGICLINKS), Blocks.OpenHowBytes).Into(Slots.Master);
        ops.Add(what, Call.fstatfs, Slots.Master, statfs);
        ops.Add("/dev/pts is not a devpts file system", Call.expect, statfs, -1, DevptsMagic, (int)Errno.ENODEV);
        ops.Add(what, Call.ioctl, Slots.Master, Arg.Named(UnlockPty, "TIOCSPTLCK"), Blocks.Zeros("{0}"));
        ops.Add(what, Call.ioctl, Slots.Master, Arg.Named(OpenPeer, "TIOCGPTPEER"), O.RDWR | O.NOCTTY | O.CLOEXEC).Into(Slots.Peer);
        if (process.ConsoleSize is { } size)
            ops.Add(what, Call.ioctl, Slots.Master, Arg.Named(SetWindowSize, "TIOCSWINSZ"), Blocks.WindowSize(size.Rows, size.Columns));
        ops.Add(what, Call.fchownat, Slots.Peer, "", (long)process.User.Uid, Arg.Named(-1, "same"), At.EMPTY_PATH);
        Send(ops);
        if (isFirst) Attach(ops, what);
        for (var number = 0; number <= 2; number++) ops.Add(what, Call.dup3, Slots.Peer, number, 0);
        ops.Add("take the console", Call.ioctl, 0, Arg.Named(TakeTerminal, "TIOCSCTTY"), 0);
        ops.Add(what, Call.close, Slots.Peer);
        ops.Add(what, Call.close, Slots.Master);
    }

    static void Send(OpList ops)
    {
        const string what = "send the console to --console-socket";
        var rights = Blocks.RightsControl();
        ops.Add(what, Call.store, new Arg.Inside(rights, Blocks.DescriptorOffset), Slots.Master);
        ops.Add(what, Call.sendmsg, Slots.ConsoleSocket, new Arg.Message("/dev/ptmx", rights), 0);
        ops.Add(what, Call.close, Slots.ConsoleSocket);
    }

    /// <summary>Shows the console as /dev/console, as a first process has it.</summary>
    static void Attach(OpList ops, string what)
    {
        PathSteps.ResolveOrMake(ops, what, "/dev/console", directory: false);
        ops.Add(what, Call.open_tree, Slots.Peer, "", At.CLONE | At.CLOEXEC | At.EMPTY_PATH).Into(Slots.Tree);
        RootSteps.Attach(ops, what);
        ops.Add(what, Call.close, Slots.Tree);
        ops.Add(what, Call.close, Slots.Target);
    }
}
