using System.Runtime.InteropServices;

namespace Orchestrator.Cli.Output;

/// <summary>
/// The user's own terminal as a plain line to another one: keys go through as they are, Ctrl-C too, and nothing is echoed here
/// (termios(3), raw mode). Its end gives back the mode of before.
/// </summary>
sealed partial class RawTerminal : IDisposable
{
    const int StandardInput = 0, StandardOutput = 1;
    const nuint WindowSize = 0x5413; // TIOCGWINSZ

    // struct termios has 60 bytes on Linux; no field of it is looked at here.
    const int ModeBytes = 128;

    readonly byte[] _before = new byte[ModeBytes];

    public RawTerminal()
    {
        if (GetMode(StandardInput, _before) != 0) throw Failure("tcgetattr");
        var raw = (byte[])_before.Clone();
        MakeRaw(raw);
        if (SetMode(StandardInput, 0, raw) != 0) throw Failure("tcsetattr");
    }

    /// <summary>Whether standard input is a terminal.</summary>
    public static bool IsThere => GetMode(StandardInput, new byte[ModeBytes]) == 0;

    /// <summary>Its size in characters; null when standard output is no terminal.</summary>
    public static (uint Columns, uint Rows)? Size
    {
        get
        {
            var size = new ushort[4];
            return Ioctl(StandardOutput, WindowSize, size) == 0 ? (size[1], size[0]) : null;
        }
    }

    public void Dispose() => _ = SetMode(StandardInput, 0, _before);

    static IOException Failure(string call) => new($"{call} of standard input: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");

    [LibraryImport("libc", EntryPoint = "tcgetattr", SetLastError = true)]
    private static partial int GetMode(int file, byte[] mode);

    [LibraryImport("libc", EntryPoint = "tcsetattr", SetLastError = true)]
    private static partial int SetMode(int file, int when, byte[] mode);

    [LibraryImport("libc", EntryPoint = "cfmakeraw")]
    private static partial void MakeRaw(byte[] mode);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int Ioctl(int file, nuint request, ushort[] size);
}
