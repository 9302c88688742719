using Orchestrator.Runtime.Syscalls;

namespace Orchestrator.Runtime.Launch;

/// <summary>
/// The caller's own terminal (or pipes) as the far end of the console of a process in the foreground: what is typed goes in, what is
/// printed comes out, sizes follow. Offered before it is known whether the process wants a console; Taken says whether it did.
/// </summary>
sealed class Terminal : IDisposable
{
    const int StandardInput = 0, StandardOutput = 1;
    const int BufferBytes = 16384;

    readonly Fd _near;
    byte[] _typed = [], _printed = [];
    Fd? _master;
    byte[]? _modeBefore;
    int _typedFrom, _typedTo;
    bool _inputEnded;

    public Terminal() => (_near, Far) = Kernel.SocketPair();

    /// <summary>The socket to which the console is sent.</summary>
    public Fd Far { get; }

    public bool Taken => _master is not null;

    /// <summary>Takes the console that the new process has sent and makes the caller's terminal a plain line to it.</summary>
    public void Take()
    {
        _master = Kernel.ReceiveDescriptor(_near, "the console") ?? throw new ContainerTerminalException();
        Kernel.MakeNonBlocking(_master);
        (_typed, _printed) = (new byte[BufferBytes], new byte[BufferBytes]);
        _modeBefore = Kernel.TerminalMode(StandardInput);
        if (_modeBefore is null) return;
        FollowSize();
        Kernel.SetTerminalMode(StandardInput, Raw(_modeBefore));
    }

    public void FollowSize()
    {
        if (_master is not null) Kernel.CopyWindowSize(StandardInput, _master);
    }

    /// <summary>What to wait for: the console, and input while there is room for it.</summary>
    public (PollFd Console, PollFd Input) Awaited()
    {
        var waiting = _typedFrom < _typedTo;
        var input = _inputEnded || waiting ? -1 : StandardInput;
        return (new PollFd(_master!.Number, (short)(waiting ? PollFd.In | PollFd.Out : PollFd.In)), new PollFd(input, PollFd.In)); // Taken
    }

    /// <summary>Moves what there is, both ways.</summary>
    public void Relay(PollFd console, PollFd input)
    {
        if (console.Ready != 0) Print();
        if ((input.Ready & (PollFd.In | PollFd.HangUp)) != 0)
        {
            (_typedFrom, _typedTo) = (0, Math.Max(0, Kernel.Read(StandardInput, _typed, "stdin")));
            _inputEnded = _typedTo == 0;
        }

        if (_typedFrom < _typedTo) _typedFrom += Math.Max(0, Kernel.WriteSome(_master!, _typed.AsSpan(_typedFrom, _typedTo - _typedFrom))); // Taken
    }

    /// <summary>Prints what the console still holds.</summary>
    public void Print()
    {
        for (int count; (count = Kernel.ReadSome(_master!, _printed)) > 0;) // Taken
            Kernel.WriteAll(StandardOutput, _printed.AsSpan(0, count), "stdout");
    }

    public void Dispose()
    {
        if (_modeBefore is not null) Kernel.SetTerminalMode(StandardInput, _modeBefore);
        _master?.Dispose();
        _near.Dispose();
        Far.Dispose();
    }

    // cfmakeraw(3): no signals, no echo, no editing; bytes as they are, reads of at least one.
    static byte[] Raw(byte[] mode)
    {
        const uint inputOff = 0x5EB, outputOff = 0x1, localOff = 0x804B, sizeMask = 0x130, eightBits = 0x30;
        const int input = 0, output = 4, control = 8, local = 12, characters = 17, time = 5, least = 6;
        var raw = mode.ToArray();
        Change(raw, input, inputOff, 0);
        Change(raw, output, outputOff, 0);
        Change(raw, control, sizeMask, eightBits);
        Change(raw, local, localOff, 0);
        (raw[characters + time], raw[characters + least]) = (0, 1);
        return raw;
    }

    static void Change(byte[] mode, int offset, uint off, uint on)
    {
        var flags = BitConverter.ToUInt32(mode, offset);
        BitConverter.TryWriteBytes(mode.AsSpan(offset), flags & ~off | on);
    }
}

/// <summary>The process went on without sending its console.</summary>
sealed class ContainerTerminalException() : Exception("the console was not sent");
