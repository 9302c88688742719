using System.Runtime.InteropServices;
using Orchestrator.Runtime.Syscalls;

namespace Orchestrator.Runtime.Commands;

/// <summary>A POSIX extended regular expression (regex(7)), read by the C library that is linked in: the framework's reader would be a quarter of this program.</summary>
sealed unsafe partial class IdPattern : IDisposable
{
    const int Extended = 1, WithoutPlaces = 8; // REG_EXTENDED, REG_NOSUB
    const int StructureBytes = 128; // regex_t; musl's has 64

    readonly byte* _compiled = (byte*)NativeMemory.AllocZeroed(StructureBytes);

    /// <exception cref="UsageException">It is no regular expression.</exception>
    public IdPattern(string pattern)
    {
        fixed (byte* text = Kernel.Text(pattern))
        {
            if (Compile(_compiled, text, Extended | WithoutPlaces) == 0) return;
        }

        NativeMemory.Free(_compiled);
        throw new UsageException($"'{pattern}' is not a regular expression");
    }

    public bool Matches(string id)
    {
        fixed (byte* text = Kernel.Text(id)) return Execute(_compiled, text, 0, 0, 0) == 0;
    }

    public void Dispose()
    {
        Free(_compiled);
        NativeMemory.Free(_compiled);
    }

    [LibraryImport("libc", EntryPoint = "regcomp")]
    private static partial int Compile(byte* compiled, byte* pattern, int flags);

    [LibraryImport("libc", EntryPoint = "regexec")]
    private static partial int Execute(byte* compiled, byte* text, nuint places, nint found, int flags);

    [LibraryImport("libc", EntryPoint = "regfree")]
    private static partial void Free(byte* compiled);
}
