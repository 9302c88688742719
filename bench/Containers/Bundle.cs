using System.Text.Json.Nodes;

namespace Orchestrator.Bench;

/// <summary>
/// Bundles that every runtime gets alike: a busybox root file system, and what `orun spec` writes for a config.json, changed for the case.
/// </summary>
static class Bundle
{
    // A profile as Podman and Docker have it: Debian's, of golang-github-containers-common.
    const string Profile = "/usr/share/containers/seccomp.json";

    static readonly string[] Capabilities =
    [
        "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FSETID", "CAP_FOWNER", "CAP_SETGID", "CAP_SETUID", "CAP_SETFCAP", "CAP_SETPCAP",
        "CAP_NET_BIND_SERVICE", "CAP_SYS_CHROOT", "CAP_KILL",
    ];

    /// <summary>The bundle with the given program.</summary>
    public static string Make(string orun, string directory, string cgroup, bool hardened, params string[] args)
    {
        Directory.CreateDirectory(directory + "/rootfs/bin");
        foreach (var name in (string[])["proc", "sys", "dev", "etc", "tmp"]) Directory.CreateDirectory($"{directory}/rootfs/{name}");
        File.Copy("/bin/busybox", directory + "/rootfs/bin/busybox");
        foreach (var applet in (string[])["true", "sleep"]) File.CreateSymbolicLink($"{directory}/rootfs/bin/{applet}", "busybox");
        Measured.Do(orun, "spec", "--bundle", directory);
        var config = JsonNode.Parse(File.ReadAllText(directory + "/config.json"))!; // just written
        config["ociVersion"] = "1.0.2"; // older crun and runc know no newer one
        config["process"]!["terminal"] = false;
        config["process"]!["args"] = List(args);
        config["linux"]!["cgroupsPath"] = cgroup;
        var sets = config["process"]!["capabilities"]!;
        foreach (var set in (string[])["bounding", "effective", "permitted"]) sets[set] = List(Capabilities);
        if (hardened) Harden(config);
        File.WriteAllText(directory + "/config.json", config.ToJsonString());
        return directory;
    }

    static void Harden(JsonNode config)
    {
        config["process"]!["oomScoreAdj"] = 100;
        var resources = config["linux"]!["resources"]!;
        resources["memory"] = new JsonObject { ["limit"] = 128L << 20 };
        resources["cpu"] = new JsonObject { ["shares"] = 512, ["quota"] = 50_000, ["period"] = 100_000 };
        resources["pids"] = new JsonObject { ["limit"] = 256 };
        config["linux"]!["seccomp"] = Seccomp();
    }

    /// <summary>The profile as an engine resolves it for this machine and these capabilities: what config.json takes.</summary>
    static JsonObject Seccomp()
    {
        var profile = JsonNode.Parse(File.ReadAllText(Profile))!; // a package's file
        JsonArray rules = [];
        foreach (var rule in profile["syscalls"]!.AsArray())
        {
            if (!Applies(rule!)) continue;
            var own = new JsonObject { ["names"] = rule!["names"]!.DeepClone(), ["action"] = rule["action"]!.DeepClone() };
            if (rule["errnoRet"] is { } errno) own["errnoRet"] = errno.DeepClone();
            if (rule["args"] is JsonArray { Count: > 0 } conditions) own["args"] = conditions.DeepClone();
            rules.Add(own);
        }

        return new JsonObject
        {
            ["defaultAction"] = profile["defaultAction"]!.DeepClone(),
            ["defaultErrnoRet"] = profile["defaultErrnoRet"]?.DeepClone(),
            ["architectures"] = List("SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"),
            ["syscalls"] = rules,
        };
    }

    static bool Applies(JsonNode rule)
    {
        bool Wanted(JsonNode? filter, string kind, Func<string, bool> holds, bool whenEmpty) =>
            filter?[kind] is JsonArray { Count: > 0 } list ? list.Any(entry => holds((string)entry!)) : whenEmpty;
        return Wanted(rule["includes"], "caps", Capabilities.Contains, true)
            && Wanted(rule["includes"], "arches", arch => arch == "amd64", true)
            && !Wanted(rule["excludes"], "caps", Capabilities.Contains, false)
            && !Wanted(rule["excludes"], "arches", arch => arch == "amd64", false);
    }

    static JsonArray List(params string[] values) => [.. values.Select(value => (JsonNode)value)];
}
