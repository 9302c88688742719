using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Orchestrator.Runtime.Tests;

/// <summary>
/// A place for one test: a busybox bundle, a state directory and a parent cgroup of its own. Whatever the test leaves is ended and
/// removed at the end.
/// </summary>
public sealed class Sandbox : IDisposable
{
    public static readonly string[] DefaultCapabilities =
    [
        "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FSETID", "CAP_FOWNER", "CAP_SETGID", "CAP_SETUID", "CAP_SETFCAP", "CAP_SETPCAP",
        "CAP_NET_BIND_SERVICE", "CAP_SYS_CHROOT", "CAP_KILL",
    ];

    static readonly string[] Applets =
    [
        "sh", "true", "false", "cat", "ls", "sleep", "id", "hostname", "ps", "mount", "env", "grep", "echo", "stat", "head", "tail", "tr", "dd",
        "ip", "mknod", "mkdir", "touch", "wc", "kill", "pwd", "readlink", "test", "seq", "find", "umount", "chown", "rm", "ln",
    ];

    /// <summary>The host's id of a container's root with OtherUser.</summary>
    public const int FirstId = 100000;

    const int DeadlineMilliseconds = 20_000;

    public Sandbox(params string[] args)
    {
        Name = "orun-test-" + Guid.NewGuid().ToString("N")[..12];
        Directory = "/tmp/" + Name;
        System.IO.Directory.CreateDirectory(Rootfs + "/bin");
        System.IO.Directory.CreateDirectory(Rootfs + "/etc");
        System.IO.Directory.CreateDirectory(Rootfs + "/tmp");
        System.IO.Directory.CreateDirectory(Directory + "/pod");
        File.Copy("/bin/busybox", Rootfs + "/bin/busybox");
        foreach (var applet in Applets) File.CreateSymbolicLink(Rootfs + "/bin/" + applet, "busybox");
        Orun.Run(Orun.Program, "spec", "--bundle", Directory).Succeeds();
        Config = JsonNode.Parse(File.ReadAllText(ConfigPath))!.AsObject();
        Process["terminal"] = false;
        var namespaces = Linux["namespaces"]!.AsArray();
        if (!namespaces.Any(each => (string?)each!["type"] == "cgroup")) namespaces.Add(new JsonObject { ["type"] = "cgroup" }); // on v1 the example has none
        Linux["cgroupsPath"] = $"/{Name}/c";
        var names = () => new JsonArray([.. DefaultCapabilities.Select(name => (JsonNode)name)]);
        Process["capabilities"] = new JsonObject { ["bounding"] = names(), ["effective"] = names(), ["permitted"] = names() };
        Args(args);
    }

    public string Name { get; }

    public string Directory { get; }

    public string Rootfs => Directory + "/rootfs";

    public string State => Directory + "/state";

    public string Pod => Directory + "/pod";

    public string ConfigPath => Directory + "/config.json";

    public JsonObject Config { get; }

    public JsonObject Process => Config["process"]!.AsObject();

    public JsonObject Linux => Config["linux"]!.AsObject();

    public JsonArray Mounts => Config["mounts"]!.AsArray();

    public Sandbox Args(params string[] args)
    {
        Process["args"] = new JsonArray([.. args.Select(arg => (JsonNode)arg)]);
        return this;
    }

    public Sandbox Shell(string script) => Args("sh", "-c", script);

    public Sandbox Bind(string source, string destination, params string[] options)
    {
        Mounts.Add(new JsonObject
        {
            ["destination"] = destination, ["type"] = "bind", ["source"] = source,
            ["options"] = new JsonArray([(JsonNode)"bind", .. options.Select(option => (JsonNode)option)]),
        });
        return this;
    }

    /// <summary>Gives the container a user namespace in which the host's ids from 100000 on are 0 and up, and it its root file system.</summary>
    public Sandbox OtherUser()
    {
        Linux["namespaces"]!.AsArray().Add(new JsonObject { ["type"] = "user" });
        foreach (var field in (string[])["uidMappings", "gidMappings"])
            Linux[field] = JsonNode.Parse($$"""[{"containerID":0,"hostID":{{FirstId}},"size":65536}]""");
        Orun.Run("/bin/chown", "-R", "-h", $"{FirstId}:{FirstId}", Rootfs).Succeeds();
        return this;
    }

    public Sandbox Writable()
    {
        Config["root"]!["readonly"] = false;
        return this;
    }

    public void Save() => File.WriteAllText(ConfigPath, Config.ToJsonString());

    /// <summary>Runs an orun command on this sandbox's state directory.</summary>
    public Outcome Do(params string[] arguments)
    {
        Save();
        return Orun.Run(Orun.Program, ["--root", State, .. arguments], Directory);
    }

    /// <summary>Runs a container to its end in the foreground.</summary>
    public Outcome RunContainer(params string[] flags) => Do(["run", "--bundle", Directory, .. flags, "c"]);

    public Process Begin(params string[] arguments)
    {
        Save();
        return Orun.Start(Orun.Program, ["--root", State, .. arguments], Directory);
    }

    public string Status(string id = "c") => (string)Do("state", id).Succeeds().Json["status"]!; // the state always has one

    public int Pid(string id = "c") => (int)Do("state", id).Succeeds().Json["pid"]!; // as above

    public IEnumerable<string> CgroupDirectories() =>
        System.IO.Directory.EnumerateDirectories("/sys/fs/cgroup").Select(hierarchy => $"{hierarchy}/{Name}").Where(System.IO.Directory.Exists);

    /// <summary>Waits for a condition; fails with its description after the deadline.</summary>
    public static void Until(string what, Func<bool> condition)
    {
        var clock = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(clock.ElapsedMilliseconds < DeadlineMilliseconds, "never happened: " + what);
            Thread.Sleep(5); // the interval between looks, not the wait itself
        }
    }

    public void Dispose()
    {
        if (System.IO.Directory.Exists(State))
            foreach (var container in System.IO.Directory.EnumerateDirectories(State))
                Orun.Run(Orun.Program, "--root", State, "delete", "--force", Path.GetFileName(container));
        if (File.Exists(Pod + "/shim.pid")) EndProcess(int.Parse(File.ReadAllText(Pod + "/shim.pid"), System.Globalization.CultureInfo.InvariantCulture));
        foreach (var directory in CgroupDirectories().ToList())
        {
            foreach (var child in System.IO.Directory.EnumerateDirectories(directory)) System.IO.Directory.Delete(child);
            System.IO.Directory.Delete(directory);
        }

        System.IO.Directory.Delete(Directory, recursive: true);
    }

    static void EndProcess(int pid)
    {
        try
        {
            using var process = System.Diagnostics.Process.GetProcessById(pid);
            process.Kill();
        }
        catch (ArgumentException)
        {
            // It has ended by itself.
        }
    }
}
