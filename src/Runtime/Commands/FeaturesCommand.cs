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
             "linux":{"namespaces":["cgroup","ipc","mount","network","pid","uts"],
              "capabilities":[{{{{capabilities}}}}],
              "cgroup":{"v1":true,"v2":true,"systemd":false,"systemdUser":false,"rdma":false},
              "seccomp":{"enabled":true,"archs":["SCMP_ARCH_X86_64"],"knownFlags":["SECCOMP_FILTER_FLAG_TSYNC","SECCOMP_FILTER_FLAG_LOG","SECCOMP_FILTER_FLAG_SPEC_ALLOW"]},
              "apparmor":{"enabled":false},"selinux":{"enabled":false},"intelRdt":{"enabled":false},
              "mountExtensions":{"idmap":{"enabled":false} } } }

            """);
        return 0;
    }
}
