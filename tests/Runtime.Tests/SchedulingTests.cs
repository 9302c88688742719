using System.Text.Json.Nodes;

namespace Orchestrator.Runtime.Tests;

/// <summary>process.scheduler, ioPriority, execCPUAffinity, and what a security module would be asked for.</summary>
[Collection(Containers.Name)]
public sealed class SchedulingTests
{
    const int PolicyField = 40, RealTimePriorityField = 39, NiceField = 18; // proc_pid_stat(5), counted from 0

    [Theory]
    [InlineData("""{"policy":"SCHED_BATCH","nice":5}""", 3, 0, 5)]
    [InlineData("""{"policy":"SCHED_OTHER","nice":-3,"flags":["SCHED_FLAG_RESET_ON_FORK"]}""", 0, 0, -3)]
    public void The_program_runs_under_the_scheduler_asked_for(string scheduler, int policy, int priority, int nice)
    {
        using var sandbox = new Sandbox("cat", "/proc/self/stat");
        sandbox.Process["scheduler"] = JsonNode.Parse(scheduler);
        var fields = sandbox.RunContainer().Succeeds().Output.Split(' ');
        Assert.Equal($"{policy} {priority} {nice}", $"{fields[PolicyField]} {fields[RealTimePriorityField]} {fields[NiceField]}");
    }

    [Fact]
    public void A_real_time_policy_is_set_or_refused_by_its_field()
    {
        using var sandbox = new Sandbox("cat", "/proc/self/stat");
        sandbox.Process["scheduler"] = JsonNode.Parse("""{"policy":"SCHED_RR","priority":7}""");
        var outcome = sandbox.RunContainer();
        // With this file, a new cgroup of v1 has no real-time budget.
        if (File.Exists("/sys/fs/cgroup/cpu/cpu.rt_runtime_us")) outcome.Fails("process.scheduler");
        else Assert.Equal("2 7", $"{outcome.Succeeds().Output.Split(' ')[PolicyField]} {outcome.Output.Split(' ')[RealTimePriorityField]}");
    }

    [Theory]
    [InlineData("scheduler", """{"nice":1}""", "process.scheduler.policy")]
    [InlineData("scheduler", """{"policy":"SCHED_FAST"}""", "unknown policy")]
    [InlineData("scheduler", """{"policy":"SCHED_OTHER","priority":1}""", "SCHED_FIFO and SCHED_RR only")]
    [InlineData("scheduler", """{"policy":"SCHED_OTHER","nice":20}""", "process.scheduler.nice")]
    [InlineData("scheduler", """{"policy":"SCHED_RR","runtime":5}""", "SCHED_DEADLINE only")]
    [InlineData("scheduler", """{"policy":"SCHED_RR","flags":["SCHED_FLAG_X"]}""", "unknown flag")]
    [InlineData("ioPriority", """{"class":"IOPRIO_CLASS_FAST"}""", "unknown class")]
    [InlineData("ioPriority", """{"class":"IOPRIO_CLASS_BE","priority":8}""", "from 0 to 7")]
    [InlineData("execCPUAffinity", """{"initial":"3-1"}""", "process.execCPUAffinity.initial")]
    [InlineData("execCPUAffinity", """{"final":"one"}""", "process.execCPUAffinity.final")]
    public void What_makes_no_sense_is_refused_by_its_field(string field, string value, string problem)
    {
        using var sandbox = new Sandbox("true");
        sandbox.Process[field] = JsonNode.Parse(value);
        sandbox.RunContainer().Fails(problem);
    }

    [Fact]
    public void The_priority_of_its_input_and_output_is_set()
    {
        using var sandbox = new Sandbox("sleep", "1000");
        sandbox.Process["ioPriority"] = JsonNode.Parse("""{"class":"IOPRIO_CLASS_BE","priority":6}""");
        sandbox.Do("run", "--detach", "-b", sandbox.Directory, "c").Succeeds();
        Assert.Equal("best-effort: prio 6", Orun.Run("/usr/bin/ionice", "-p", $"{sandbox.Pid()}").Succeeds().Output.Trim());
    }

    [Fact]
    public void An_executed_process_runs_on_the_cpus_asked_for_and_the_first_process_on_all()
    {
        using var sandbox = new Sandbox("sleep", "1000");
        sandbox.Process["execCPUAffinity"] = JsonNode.Parse("""{"initial":"0","final":"1"}""");
        sandbox.Do("run", "--detach", "-b", sandbox.Directory, "c").Succeeds();
        const string list = "Cpus_allowed_list:\t";
        var all = File.ReadLines("/proc/self/status").First(line => line.StartsWith(list, StringComparison.Ordinal));
        Assert.Contains(all, File.ReadAllLines($"/proc/{sandbox.Pid()}/status"));
        Assert.Contains(list + "1\n", sandbox.Do("exec", "c", "cat", "/proc/self/status").Succeeds().Output, StringComparison.Ordinal);
        File.WriteAllText(sandbox.Directory + "/process.json", """{"cwd":"/","args":["cat","/proc/self/status"],"env":["PATH=/bin"],"execCPUAffinity":{"initial":"0"}}""");
        Assert.Contains(list + "0\n", sandbox.Do("exec", "-p", sandbox.Directory + "/process.json", "c").Succeeds().Output, StringComparison.Ordinal);
        sandbox.Process["execCPUAffinity"] = JsonNode.Parse("""{"final":"4000"}""");
        File.WriteAllText(sandbox.Directory + "/process.json", """{"cwd":"/","args":["true"],"execCPUAffinity":{"final":"4000"}}""");
        sandbox.Do("exec", "-p", sandbox.Directory + "/process.json", "c").Fails("process.execCPUAffinity.final");
    }

    [Fact]
    public void A_32_bit_personality_is_seen_by_the_program()
    {
        using var sandbox = new Sandbox("cat", "/proc/self/personality");
        sandbox.Linux["personality"] = JsonNode.Parse("""{"domain":"LINUX32"}""");
        Assert.Equal("00000008\n", sandbox.RunContainer().Succeeds().Output);
        sandbox.Linux["personality"]!["flags"] = new JsonArray("ADDR_NO_RANDOMIZE");
        sandbox.RunContainer().Fails("linux.personality.flags");
    }

    [Fact]
    public void What_the_host_does_not_have_is_refused_by_name()
    {
        using var sandbox = new Sandbox("true");
        if (!File.Exists("/sys/module/apparmor/parameters/enabled"))
        {
            sandbox.Process["apparmorProfile"] = "some-profile";
            sandbox.RunContainer().Fails("process.apparmorProfile: apparmor is not enabled");
            sandbox.Process.Remove("apparmorProfile");
        }

        if (!Directory.Exists("/sys/fs/selinux"))
        {
            sandbox.Process["selinuxLabel"] = "system_u:system_r:container_t:s0";
            sandbox.RunContainer().Fails("process.selinuxLabel: selinux is disabled");
            sandbox.Process.Remove("selinuxLabel");
        }

        sandbox.Linux["intelRdt"] = JsonNode.Parse("""{"closID":"x"}""");
        sandbox.RunContainer().Fails("linux.intelRdt: not supported");
        Assert.Empty(sandbox.CgroupDirectories());
    }
}
