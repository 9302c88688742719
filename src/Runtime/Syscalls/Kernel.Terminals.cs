namespace Orchestrator.Runtime.Syscalls;

static unsafe partial class Kernel
{
    const int TerminalModeBytes = 36; // struct termios of the kernel, without the library's speeds
    const int GetMode = 0x5401, SetModeAfterDrain = 0x5403, GetWindow = 0x5413, SetWindow = 0x5414; // TCGETS, TCSETSW, TIOCGWINSZ, TIOCSWINSZ

    /// <summary>A terminal's mode (termios(3)), or null if the descriptor is no terminal.</summary>
    public static byte[]? TerminalMode(int fd)
    {
        var mode = new byte[TerminalModeBytes];
        fixed (byte* bytes = mode)
        {
            Try(out var errno, Call.ioctl, fd, GetMode, (nint)bytes);
            return errno == Errno.None ? mode : null;
        }
    }

    public static void SetTerminalMode(int fd, ReadOnlySpan<byte> mode)
    {
        fixed (byte* bytes = mode) Do("the terminal's mode", Call.ioctl, fd, SetModeAfterDrain, (nint)bytes);
    }

    /// <summary>Gives one terminal the size of another, if that is one.</summary>
    public static void CopyWindowSize(int from, Fd to)
    {
        var size = 0UL; // struct winsize: four 16-bit numbers
        Try(out var errno, Call.ioctl, from, GetWindow, (nint)(&size));
        if (errno == Errno.None) Do("the terminal's size", Call.ioctl, to.Number, SetWindow, (nint)(&size));
    }
}
