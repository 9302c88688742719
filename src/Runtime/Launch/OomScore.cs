using System.Globalization;
using Orchestrator.Runtime.Syscalls;

namespace Orchestrator.Runtime.Launch;

/// <summary>
/// Gives this process the score that the container's is to inherit. It is taken back only after the exec: while the two share memory,
/// the kernel keeps their scores the same. Lowering a score needs CAP_SYS_RESOURCE (proc_pid_oom_score_adj(5)).
/// </summary>
static class OomScore
{
    const string File = "/proc/self/oom_score_adj";

    /// <returns>The score to give back, or null if nothing was changed.</returns>
    public static string? Take(int? score)
    {
        if (score is null) return null;
        var wanted = score.Value.ToString(CultureInfo.InvariantCulture);
        var own = Kernel.ReadText(File).Trim();
        if (own == wanted) return null;
        Write(File, wanted, own);
        return own;
    }

    /// <summary>Gives the score to a process that shares no memory with this one.</summary>
    public static void Give(int pid, int? score)
    {
        if (score is null) return;
        var file = string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/oom_score_adj");
        Write(file, score.Value.ToString(CultureInfo.InvariantCulture), Kernel.ReadText(file).Trim());
    }

    static void Write(string file, string wanted, string own)
    {
        if (own == wanted) return;
        try
        {
            Kernel.WriteSetting(file, wanted);
        }
        catch (SyscallException e) when (e.Errno is Errno.EACCES or Errno.EPERM)
        {
            throw new SyscallException(e.Call, e.Errno, $"process.oomScoreAdj {wanted} (lowering it from {own} needs CAP_SYS_RESOURCE)");
        }
    }

    public static void GiveBack(string? own)
    {
        if (own is not null) Kernel.WriteSetting(File, own);
    }
}
