using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Orchestrator.NodeAgent.Syscalls;

namespace Orchestrator.NodeAgent.Containers;

/// <summary>
/// The near side of a container process's terminal (pty(7)): what it prints is read here, what is typed is written, and its end hangs
/// the terminal up. One thread may read while another writes.
/// </summary>
sealed class PseudoTerminal : IDisposable
{
    const int Interrupted = 4, WouldBlock = 11, InputOutput = 5;

    readonly SafeFileHandle _master;
    readonly SafeFileHandle _woken, _waker;

    /// <summary>Takes over the descriptor.</summary>
    public PseudoTerminal(SafeFileHandle master)
    {
        _master = master;
        SyscallException.Check(Libc.Fcntl(master, Libc.FSetfl, Libc.ONonblock), "fcntl", "a terminal");
        var ends = new int[2];
        SyscallException.Check(Libc.Pipe2(ends, Libc.OCloexec), "pipe2", "a terminal");
        (_woken, _waker) = (new SafeFileHandle(ends[0], ownsHandle: true), new SafeFileHandle(ends[1], ownsHandle: true));
    }

    /// <summary>Waits for what is printed.</summary>
    /// <returns>How many bytes; 0 when nobody has the far side any more, or the end was asked for.</returns>
    public int Read(Span<byte> buffer)
    {
        while (Await(Libc.PollIn))
        {
            var count = (int)Libc.Read(_master, buffer, (nuint)buffer.Length);
            if (count >= 0) return count;
            // EIO is how the last close of the far side is told.
            if (Marshal.GetLastPInvokeError() is var errno && errno == InputOutput) return 0;
            if (errno is not (Interrupted or WouldBlock)) throw new SyscallException("read", errno, "a terminal");
        }

        return 0;
    }

    /// <summary>Types all of it, waiting while the far side does not read. What is left when the end is asked for is dropped.</summary>
    public void Write(ReadOnlySpan<byte> data)
    {
        while (data.Length > 0 && Await(Libc.PollOut))
        {
            var count = (int)Libc.Write(_master, data, (nuint)data.Length);
            if (count >= 0) data = data[count..];
            else if (Marshal.GetLastPInvokeError() is var errno && errno == InputOutput) return;
            else if (errno is not (Interrupted or WouldBlock)) throw new SyscallException("write", errno, "a terminal");
        }
    }

    /// <summary>Tells the far side its size in characters; its programs get SIGWINCH.</summary>
    public void Resize(uint columns, uint rows)
    {
        ushort[] size = [(ushort)Math.Min(rows, ushort.MaxValue), (ushort)Math.Min(columns, ushort.MaxValue), 0, 0];
        SyscallException.Check(Libc.Ioctl(_master, Libc.Tiocswinsz, size), "ioctl TIOCSWINSZ", "a terminal");
    }

    /// <summary>Ends reads and writes that wait, and those to come.</summary>
    public void End() => _waker.Dispose();

    /// <summary>Hangs up: the kernel sends the terminal's session SIGHUP.</summary>
    public void Dispose()
    {
        _waker.Dispose();
        _master.Dispose();
        _woken.Dispose();
    }

    /// <returns>False when the end was asked for.</returns>
    bool Await(short what)
    {
        Libc.PollFd[] waiting = [new(_master, what), new(_woken, Libc.PollIn)];
        while (Libc.Poll(waiting, (nuint)waiting.Length, -1) < 0)
        {
            if (Marshal.GetLastPInvokeError() is var errno && errno != Interrupted) throw new SyscallException("poll", errno, "a terminal");
        }

        return waiting[1].Ready == 0;
    }
}
