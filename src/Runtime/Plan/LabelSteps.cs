using System.Text;
using Orchestrator.Runtime.Spec;
using Orchestrator.Runtime.Syscalls;

namespace Orchestrator.Runtime.Plan;

/// <summary>
/// What a security module is to hold the program to from its exec on. Written through the launcher's /proc, which the container has no hand in,
/// checked to be a proc file system, and never across a mount (CVE-2019-16884, CVE-2025-52881).
/// </summary>
static class LabelSteps
{
    const long ProcMagic = 0x9FA0;

    /// <exception cref="ConfigException">The host has no such module.</exception>
    public static void All(OpList ops, ProcessSpec process, HostFacts host)
    {
        if (process.AppArmorProfile.Length > 0)
        {
            if (!host.HasAppArmor) throw new ConfigException("process.apparmorProfile", "apparmor is not enabled on this host");
            Write(ops, "process.apparmorProfile", "exec " + process.AppArmorProfile, "self/attr/apparmor/exec", "self/attr/exec");
        }

        if (process.SelinuxLabel.Length > 0)
        {
            if (!host.HasSelinux) throw new ConfigException("process.selinuxLabel", "selinux is disabled or not supported on this host");
            Write(ops, "process.selinuxLabel", process.SelinuxLabel, "self/attr/exec");
        }
    }

    static void Write(OpList ops, string what, string text, params ReadOnlySpan<string> files)
    {
        var proc = ops.Open("proc", "/proc", O.PATH | O.DIRECTORY);
        var statfs = new Scratch("statfs", new byte[120]);
        ops.Add(what, Call.fstatfs, proc, statfs);
        ops.Add($"{what}: /proc is not a proc file system", Call.expect, statfs, -1, ProcMagic, (int)Errno.EINVAL);
        var how = Blocks.OpenHow(O.WRONLY, Resolve.NO_XDEV | Resolve.BENEATH | Resolve.NO_MAGICLINKS);
        var opened = new Mark();
        for (var i = 0; i < files.Length; i++)
        {
            var open = ops.Add(what, Call.openat2, proc, files[i], how, Blocks.OpenHowBytes).Into(Slots.Scrap).ThenTo(opened);
            if (i < files.Length - 1) open.Tolerate(Errno.ENOENT);
        }

        ops.Place(opened);
        ops.Add(what, Call.write, Slots.Scrap, text, Encoding.UTF8.GetByteCount(text));
        ops.Add(what, Call.close, Slots.Scrap);
        ops.Add(what, Call.close, proc);
    }
}
