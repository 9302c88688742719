using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Text;

namespace Orchestrator.ControlPlane.Store.Raft;

/// <summary>
/// Makes the names in a directory durable: fsync(2) of a renamed file alone does not keep its new name.
/// </summary>
static class DirectoryFlush
{
    // open(2), on every architecture that .NET runs on under Linux with glibc or musl.
    const int ReadOnlyCloseOnExec = 0x80000;

    /// <exception cref="IOException">open or fsync of the directory failed; the message has the call and errno.</exception>
    public static void Flush(string directory)
    {
        var descriptor = Open(Encoding.UTF8.GetBytes(directory + '\0'), ReadOnlyCloseOnExec);
        if (descriptor < 0)
        {
            throw Failed("open", directory);
        }

        try
        {
            if (Fsync(descriptor) != 0)
            {
                throw Failed("fsync", directory);
            }
        }
        finally
        {
            _ = Close(descriptor);
        }
    }

    static IOException Failed(string call, string directory)
    {
        var errno = Marshal.GetLastPInvokeError();
        return new IOException($"{call}({directory}): errno {errno}, {new Win32Exception(errno).Message}");
    }

    [DllImport("libc", EntryPoint = "open", SetLastError = true)]
    static extern int Open(byte[] path, int flags);

    [DllImport("libc", EntryPoint = "fsync", SetLastError = true)]
    static extern int Fsync(int descriptor);

    [DllImport("libc", EntryPoint = "close", SetLastError = true)]
    static extern int Close(int descriptor);
}
