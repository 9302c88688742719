using Orchestrator.Runtime.Spec;

namespace Orchestrator.Runtime.Commands;

/// <summary>`features`: what this runtime supports (features.md of the OCI runtime specification).</summary>
static class FeaturesCommand
{
    public static int Run()
    {
        var capabilities = string.Join(",", Enumerable.Range(0, CapabilityNames.Count).Select(number => $"\"{CapabilityNames.Name(number)}\""));
        Log.Print($$$$"""
            {"ociVersionMin":"1.0.0","ociVersionMax":"{{{{SpecCommand.OciVersion}}}}",
             "hooks":["prestart","createRuntime","createContainer","startContainer","poststart","poststop"],
             "mountOptions":["async","atime","bind","defaults","dev","diratime","dirsync","exec","idmap","mand","noatime","nodev","nodiratime","noexec",
              "nomand","norelatime","nostrictatime","nosuid","nosymfollow","private","ratime","rbind","rdev","rdiratime","relatime","rexec","ridmap",
              "rnoatime","rnodev","rnodiratime","rnoexec","rnorelatime","rnostrictatime","rnosuid","rnosymfollow","ro","rprivate",
              "rrelatime","rro","rrw","rshared","rslave","rstrictatime","rsuid","rsymfollow","runbindable","rw","shared","slave",
              "strictatime","suid","symfollow","sync","tmpcopyup","unbindable"],
             "linux":{"namespaces":["cgroup","ipc","mount","network","pid","time","user","uts"],
              "capabilities":[{{{{capabilities}}}}],
              "cgroup":{"v1":true,"v2":true,"systemd":true,"systemdUser":false,"rdma":false},
              "seccomp":{"enabled":true,
               "actions":["SCMP_ACT_ALLOW","SCMP_ACT_ERRNO","SCMP_ACT_KILL","SCMP_ACT_KILL_PROCESS","SCMP_ACT_KILL_THREAD","SCMP_ACT_LOG",
                "SCMP_ACT_NOTIFY","SCMP_ACT_TRACE","SCMP_ACT_TRAP"],
               "operators":["SCMP_CMP_EQ","SCMP_CMP_GE","SCMP_CMP_GT","SCMP_CMP_LE","SCMP_CMP_LT","SCMP_CMP_MASKED_EQ","SCMP_CMP_NE"],
               "archs":["SCMP_ARCH_X32","SCMP_ARCH_X86","SCMP_ARCH_X86_64"],
               "knownFlags":["SECCOMP_FILTER_FLAG_LOG","SECCOMP_FILTER_FLAG_SPEC_ALLOW","SECCOMP_FILTER_FLAG_TSYNC","SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"],
               "supportedFlags":["SECCOMP_FILTER_FLAG_LOG","SECCOMP_FILTER_FLAG_SPEC_ALLOW","SECCOMP_FILTER_FLAG_TSYNC","SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"]},
              "apparmor":{"enabled":false},"selinux":{"enabled":false},"intelRdt":{"enabled":false},
              "mountExtensions":{"idmap":{"enabled":true} } } }

            """);
        return 0;
    }
}
