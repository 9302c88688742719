using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Orchestrator.Runtime.Syscalls;

namespace Orchestrator.Runtime.Tests;

/// <summary>Profiles on real programs.</summary>
[Collection(Containers.Name)]
public sealed class SeccompTests
{
    const int KilledBySigsys = 128 + 31;

    static Sandbox With(string rule, string flags = "[]")
    {
        var sandbox = new Sandbox("mkdir", "/tmp/made").Writable();
        sandbox.Linux["seccomp"] = JsonNode.Parse($$"""
            {"defaultAction":"SCMP_ACT_ALLOW","flags":{{flags}},"architectures":["SCMP_ARCH_X86_64","SCMP_ARCH_X86"],"syscalls":[{"names":["mkdir","mkdirat"],{{rule}}}]}
            """);
        return sandbox;
    }

    [Theory]
    [InlineData("\"action\":\"SCMP_ACT_ERRNO\"", 1, "Operation not permitted")]
    [InlineData("\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":28", 1, "No space left on device")]
    [InlineData("\"action\":\"SCMP_ACT_TRACE\"", 1, "Function not implemented")] // nobody traces
    [InlineData("\"action\":\"SCMP_ACT_KILL_PROCESS\"", KilledBySigsys, "")]
    [InlineData("\"action\":\"SCMP_ACT_KILL\"", KilledBySigsys, "")]
    [InlineData("\"action\":\"SCMP_ACT_TRAP\"", KilledBySigsys, "")]
    [InlineData("\"action\":\"SCMP_ACT_LOG\"", 0, "")]
    public void An_action_does_what_it_says(string rule, int exitCode, string error)
    {
        using var sandbox = With(rule, """["SECCOMP_FILTER_FLAG_LOG","SECCOMP_FILTER_FLAG_SPEC_ALLOW"]""");
        foreach (var noNewPrivileges in (bool[])[true, false])
        {
            sandbox.Process["noNewPrivileges"] = noNewPrivileges;
            var outcome = sandbox.RunContainer();
            Assert.Equal(exitCode, outcome.ExitCode);
            Assert.Contains(error, outcome.Errors, StringComparison.Ordinal);
            Assert.Equal(exitCode == 0, Directory.Exists(sandbox.Rootfs + "/tmp/made"));
            if (exitCode == 0) Directory.Delete(sandbox.Rootfs + "/tmp/made");
        }
    }

    [Fact]
    public void A_profile_need_not_allow_what_the_runtime_does_before_the_program()
    {
        using var sandbox = new Sandbox("true");
        sandbox.Linux["seccomp"] = JsonNode.Parse("""
            {"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["faccessat2","close_range","openat2","fchdir","capset"],"action":"SCMP_ACT_KILL"}]}
            """);
        sandbox.RunContainer().Succeeds();
        sandbox.Do("create", "-b", sandbox.Directory, "c").Succeeds();
        sandbox.Do("start", "c").Succeeds();
    }

    [Fact]
    public void A_32_bit_call_is_judged_by_its_own_number()
    {
        using var sandbox = With("\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":28");
        File.WriteAllText(sandbox.Directory + "/old.c", """
            int main(void) { int r; __asm__ volatile("int $0x80" : "=a"(r) : "a"(39), "b"(1), "c"(0) : "memory"); return -r; }
            """);
        Orun.Run("/usr/bin/gcc", "-static", "-o", sandbox.Rootfs + "/bin/old", sandbox.Directory + "/old.c").Succeeds();
        Assert.Equal(28, sandbox.Args("old").RunContainer().ExitCode); // mkdir of i386
        sandbox.Linux["seccomp"]!["architectures"] = new JsonArray("SCMP_ARCH_X86_64");
        Assert.Equal(KilledBySigsys, sandbox.RunContainer().ExitCode);
    }

    [Fact]
    public async Task A_notified_call_is_answered_by_the_agent()
    {
        using var sandbox = With("\"action\":\"SCMP_ACT_NOTIFY\"").Shell("mkdir /tmp/made; echo $?; sleep 1000");
        var seccomp = sandbox.Linux["seccomp"]!;
        seccomp["listenerPath"] = sandbox.Directory + "/agent";
        seccomp["listenerMetadata"] = "for \"me\"";
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(sandbox.Directory + "/agent"));
        socket.Listen();
        foreach (var noNewPrivileges in (bool[])[true, false])
        {
            sandbox.Process["noNewPrivileges"] = noNewPrivileges;
            var agent = Task.Run(() => Answer(socket, errno: 28));
            sandbox.Do("run", "--detach", "-b", sandbox.Directory, "c").Succeeds();
            var state = await agent;
            Assert.Equal("1.2.0 seccompFd for \"me\" c creating", $"{state["ociVersion"]} {state["fds"]![0]} {state["metadata"]} {state["state"]!["id"]} {state["state"]!["status"]}");
            Assert.Equal(sandbox.Pid(), (int)state["pid"]!);
            agent = Task.Run(() => Answer(socket, errno: 17));
            sandbox.Do("exec", "c", "mkdir", "/tmp/made").Fails("File exists");
            Assert.Equal("running", (string)(await agent)["state"]!["status"]!);
            Assert.False(Directory.Exists(sandbox.Rootfs + "/tmp/made"));
            sandbox.Do("delete", "--force", "c").Succeeds();
        }
    }

    [Fact]
    public void Without_its_agent_no_container_starts()
    {
        using var sandbox = With("\"action\":\"SCMP_ACT_NOTIFY\"");
        sandbox.Linux["seccomp"]!["listenerPath"] = sandbox.Directory + "/nobody";
        sandbox.RunContainer().Fails("linux.seccomp.listenerPath");
        Assert.Empty(sandbox.CgroupDirectories());
    }

    // Takes the listener, answers its first call with an error, and returns what came with it (seccomp_unotify(2)).
    static unsafe JsonNode Answer(Socket socket, int errno)
    {
        const Call recvmsg = (Call)47;
        uint receive = 0xC0502100, send = 0xC0182101;
        using var connection = socket.Accept();
        var text = stackalloc byte[4096];
        var control = stackalloc byte[24];
        var vector = stackalloc nint[2] { (nint)text, 4096 };
        var message = stackalloc nint[7] { 0, 0, (nint)vector, 1, (nint)control, 24, 0 };
        var length = (int)Kernel.Do("agent", recvmsg, connection.Handle, (nint)message, 0);
        var listener = *(int*)(control + 16);
        var call = new byte[80];
        fixed (byte* bytes = call) Kernel.Do("agent", Call.ioctl, listener, (nint)receive, (nint)bytes);
        var answer = new byte[24]; // id, value, error, flags
        call.AsSpan(0, 8).CopyTo(answer);
        BinaryPrimitives.WriteInt32LittleEndian(answer.AsSpan(16), -errno);
        fixed (byte* bytes = answer) Kernel.Do("agent", Call.ioctl, listener, (nint)send, (nint)bytes);
        Kernel.Do("agent", Call.close, listener);
        return JsonNode.Parse(Encoding.UTF8.GetString(text, length))!; // the whole message
    }
}
