using System.Runtime.InteropServices;
using System.Text;

namespace Orchestrator.Runtime.Syscalls;

/// <summary>
/// The one door to the kernel: raw system calls, results checked. Only Linux on x86-64, whose call numbers Call lists.
/// </summary>
static unsafe partial class Kernel
{
    // libc's syscall(2) wrapper, declared with all six arguments in registers: blittable, so the call is direct.
    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint RawCall(nint number, nint a0, nint a1, nint a2, nint a3, nint a4, nint a5);

    /// <summary>Makes a system call; on failure returns -1 and the error number.</summary>
    public static nint Try(
        out Errno errno, Call call, nint a0 = 0, nint a1 = 0, nint a2 = 0, nint a3 = 0, nint a4 = 0, nint a5 = 0)
    {
        var result = RawCall((nint)call, a0, a1, a2, a3, a4, a5);
        errno = result == -1 ? (Errno)Marshal.GetLastPInvokeError() : Errno.None;
        return result;
    }

    /// <summary>Makes a system call, again if a signal interrupted it; throws with the target's name if it failed.</summary>
    public static nint Do(
        string target, Call call, nint a0 = 0, nint a1 = 0, nint a2 = 0, nint a3 = 0, nint a4 = 0, nint a5 = 0)
    {
        while (true)
        {
            var result = Try(out var errno, call, a0, a1, a2, a3, a4, a5);
            if (errno == Errno.None) return result;
            if (errno != Errno.EINTR) throw new SyscallException(call.ToString(), errno, target);
        }
    }

    /// <summary>The bytes of a path or setting with the closing zero that the kernel asks for.</summary>
    public static byte[] Text(string text)
    {
        var bytes = new byte[Encoding.UTF8.GetByteCount(text) + 1];
        Encoding.UTF8.GetBytes(text, bytes);
        return bytes;
    }
}
