using System.Runtime.InteropServices;

namespace Orchestrator.NodeAgent.Syscalls;

/// <summary>
/// An operating-system call that failed: which call, with which errno, on what.
/// The one exception of this project's edge to the kernel.
/// </summary>
public sealed class SyscallException(string call, int errno, string target)
    : IOException($"{call} {target}: {Marshal.GetPInvokeErrorMessage(errno)}")
{
    /// <summary>The call's name as in section 2 of the manual.</summary>
    public string Call { get; } = call;

    /// <summary>The errno it ended with.</summary>
    public int Errno { get; } = errno;

    /// <summary>The path, address or object it was called on.</summary>
    public string Target { get; } = target;

    /// <summary>Throws for a negative result, else hands it back.</summary>
    internal static int Check(int result, string call, string target) =>
        result >= 0 ? result : throw new SyscallException(call, Marshal.GetLastPInvokeError(), target);
}
