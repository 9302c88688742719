using Orchestrator.Runtime.Syscalls;

namespace Orchestrator.Runtime.Launch;

/// <summary>A step between clone and exec that failed: what it was for, which call and why.</summary>
sealed class LaunchException(string what, string call, Errno errno)
    : Exception($"{what}: {call}: {SyscallException.Describe(errno)}")
{
    public Errno Errno { get; } = errno;
}
