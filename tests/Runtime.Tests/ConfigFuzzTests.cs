using System.Text;
using System.Text.Json.Nodes;
using CsCheck;
using Orchestrator.Runtime.Launch;
using Orchestrator.Runtime.Plan;
using Orchestrator.Runtime.Spec;

namespace Orchestrator.Runtime.Tests;

/// <summary>Configurations that nobody would write: each is run as it stands or refused in one line, and nothing else ever happens.</summary>
[Collection(Containers.Name)]
public sealed class ConfigFuzzTests
{
    // A hundred thousand with ORCH_CASES, as ./test.sh --conformance sets it.
    static readonly int Inputs = int.TryParse(Environment.GetEnvironmentVariable("ORCH_CASES"), out var cases) ? cases : 10_000;

    static readonly string[] Strange =
    [
        "null", "true", "-1", "0", "1e999", "18446744073709551616", "9223372036854775807", "4294967296", "\"\"", "\"\\u0000\"", "\"../../x\"", "\"/\"",
        "\"a\\nb\"", "[]", "{}", "[[]]", "{\"\":{}}", "[null]", "\"\\ud800\"", "0.5", "\"" + new string('x', 5000) + "\"",
    ];

    static readonly Lazy<byte[][]> Seeds = new(() => [Example(_ => { }), Example(Full)]);

    [Fact]
    public void A_mutated_configuration_is_read_or_refused_in_one_line() =>
        Mutated.Sample(text => Assert.Null(WhatIsWrongWith(text)), iter: Inputs, print: Encoding.UTF8.GetString);

    [Fact]
    public void The_program_itself_answers_them_in_one_line()
    {
        using var sandbox = new Sandbox("true");
        sandbox.Save();
        // The first so many of a fixed sequence: each costs a process.
        var random = new Random(1);
        for (var i = 0; i < 200; i++)
        {
            var seed = Seeds.Value[i % Seeds.Value.Length];
            File.WriteAllBytes(sandbox.ConfigPath, Mutate(seed, Enumerable.Range(0, 1 + i % 3).Select(_ => (random.Next(4), random.Next(seed.Length), random.Next(256))).ToArray()));
            var outcome = Orun.Run(Orun.Program, "--root", sandbox.State, "plan", "--bundle", sandbox.Directory, "c");
            if (outcome.ExitCode == 0) continue;
            Assert.Equal(1, outcome.ExitCode);
            var errors = outcome.Errors.TrimEnd('\n').Split('\n');
            Assert.StartsWith("orun: ", errors[^1], StringComparison.Ordinal);
            Assert.DoesNotContain("   at ", outcome.Errors, StringComparison.Ordinal);
        }
    }

    static readonly Gen<byte[]> Mutated =
        from seed in Gen.Int[0, 1]
        from changes in Gen.Select(Gen.Int[0, 3], Gen.Int[0, 1 << 20], Gen.Int[0, 255]).Array[1, 4]
        select Mutate(Seeds.Value[seed], changes);

    static byte[] Mutate(byte[] seed, (int Kind, int Place, int Value)[] changes)
    {
        var text = seed.ToList();
        foreach (var (kind, place, value) in changes)
        {
            if (text.Count == 0) break;
            var at = place % text.Count;
            switch (kind)
            {
                case 0:
                    text[at] = (byte)value;
                    break;
                case 1:
                    text.RemoveRange(at, Math.Min(1 + value % 40, text.Count - at));
                    break;
                case 2:
                    text.InsertRange(at, text.Skip(at).Take(1 + value % 40).ToList());
                    break;
                default:
                    // A whole value in the place of another, so that the text is still JSON.
                    var colon = text.IndexOf((byte)':', at);
                    if (colon < 0) break;
                    var end = Enumerable.Range(colon + 1, text.Count - colon - 1).FirstOrDefault(i => text[i] is (byte)',' or (byte)'}', text.Count);
                    text.RemoveRange(colon + 1, end - colon - 1);
                    text.InsertRange(colon + 1, Encoding.UTF8.GetBytes(Strange[value % Strange.Length]));
                    break;
            }
        }

        return [.. text];
    }

    static string? WhatIsWrongWith(byte[] text)
    {
        try
        {
            var config = ConfigReader.Read(text, []);
            LaunchPlanner.Plan(new LaunchRequest
            {
                Config = config, Bundle = "/bundle", Id = "c", WaitsForStart = true, Cgroups = new CgroupMembership([], new CgroupView(false, [])),
                Host = new HostFacts(ulong.MaxValue, 40, new HashSet<string>(), true),
            });
            return null;
        }
        catch (ConfigException e)
        {
            return e.Message.Any(char.IsControl) ? "more than a line: " + e.Message : e.Message.Length > 1000 ? "too long a line: " + e.Message[..200] : null;
        }
        catch (LaunchException)
        {
            return null;
        }
        catch (Exception e)
        {
            return e.ToString();
        }
    }

    static byte[] Example(Action<JsonObject> change)
    {
        using var sandbox = new Sandbox("true");
        change(sandbox.Config);
        return Encoding.UTF8.GetBytes(sandbox.Config.ToJsonString());
    }

    // Something of every part of the specification.
    static void Full(JsonObject config)
    {
        var linux = config["linux"]!.AsObject();
        linux["uidMappings"] = JsonNode.Parse("""[{"containerID":0,"hostID":1000,"size":10}]""");
        linux["gidMappings"] = linux["uidMappings"]!.DeepClone();
        linux["namespaces"]!.AsArray().Add(JsonNode.Parse("""{"type":"user"}"""));
        linux["namespaces"]!.AsArray().Add(JsonNode.Parse("""{"type":"time"}"""));
        linux["timeOffsets"] = JsonNode.Parse("""{"monotonic":{"secs":5,"nanosecs":1}}""");
        linux["devices"] = JsonNode.Parse("""[{"path":"/dev/x","type":"c","major":1,"minor":3,"fileMode":438,"uid":0,"gid":0}]""");
        linux["sysctl"] = JsonNode.Parse("""{"net.ipv4.ip_forward":"1"}""");
        linux["seccomp"] = JsonNode.Parse("""
            {"defaultAction":"SCMP_ACT_ERRNO","defaultErrnoRet":38,"architectures":["SCMP_ARCH_X86_64","SCMP_ARCH_X86"],"flags":["SECCOMP_FILTER_FLAG_LOG"],
             "syscalls":[{"names":["read","write"],"action":"SCMP_ACT_ALLOW","args":[{"index":0,"value":1,"valueTwo":2,"op":"SCMP_CMP_MASKED_EQ"}]}]}
            """);
        linux["resources"] = JsonNode.Parse("""
            {"memory":{"limit":1000000,"swap":2000000},"cpu":{"shares":5,"quota":10000,"period":10000,"cpus":"0-1"},"pids":{"limit":5},
             "blockIO":{"weight":10,"throttleReadBpsDevice":[{"major":8,"minor":0,"rate":1}]},"hugepageLimits":[{"pageSize":"2MB","limit":1}],
             "network":{"classID":1,"priorities":[{"name":"lo","priority":1}]},"devices":[{"allow":true,"type":"c","major":1,"minor":3,"access":"rwm"}]}
            """);
        config["hooks"] = JsonNode.Parse("""{"prestart":[{"path":"/bin/true","args":["true"],"env":["A=b"],"timeout":5}]}""");
        config["annotations"] = JsonNode.Parse("""{"a":"b"}""");
        var process = config["process"]!.AsObject();
        process["scheduler"] = JsonNode.Parse("""{"policy":"SCHED_OTHER","nice":5}""");
        process["ioPriority"] = JsonNode.Parse("""{"class":"IOPRIO_CLASS_BE","priority":4}""");
    }
}
