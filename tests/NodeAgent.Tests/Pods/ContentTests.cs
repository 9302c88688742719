using Orchestrator.Model.Configuration;
using Orchestrator.Model.Meta;
using Orchestrator.Model.Pods;
using Orchestrator.NodeAgent.Tests.Machine;
using Orchestrator.Testing;

namespace Orchestrator.NodeAgent.Tests.Pods;

/// <summary>ConfigMaps, Secrets and the pod's own fields as containers see them: variables, and files that follow changes.</summary>
public sealed class ContentTests
{
    [Fact]
    public async Task Variables_come_from_everywhere_and_the_containers_own_win()
    {
        await using var agent = await RunningAgent.StartAsync();
        agent.Control.Put(Settings(("color", "red"), ("size", "big")));
        agent.Control.Put(Login("s3cret $(color)"));
        var pod = Once("env | sort", c => c with
        {
            EnvFrom = [new EnvFromSource { ConfigMapRef = new ContentReference { Name = "settings" } }, new EnvFromSource { Prefix = "L_", SecretRef = new ContentReference { Name = "login" } }],
            Env =
            [
                new EnvVar { Name = "size", Value = "small and $(color)" },
                new EnvVar { Name = "PASSWORD", ValueFrom = new EnvVarSource { SecretKeyRef = new KeySelector { Name = "login", Key = "password" } } },
                new EnvVar { Name = "MISSING", ValueFrom = new EnvVarSource { ConfigMapKeyRef = new KeySelector { Name = "none", Key = "none", Optional = true } } },
                new EnvVar { Name = "NODE", ValueFrom = new EnvVarSource { FieldRef = new ObjectFieldSelector { FieldPath = "spec.nodeName" } } },
                new EnvVar { Name = "IP", ValueFrom = new EnvVarSource { FieldRef = new ObjectFieldSelector { FieldPath = "status.podIP" } } },
                new EnvVar { Name = "MEMORY", ValueFrom = new EnvVarSource { ResourceFieldRef = new ResourceFieldSelector { Resource = "limits.memory" } } },
            ],
            Resources = new ResourceRequirements { Limits = new Dictionary<string, Model.Values.Quantity> { ["memory"] = Model.Values.Quantity.Parse("64Mi") } },
        });
        var text = await RunAsync(agent, pod);
        Assert.Contains("color=red\n", text, StringComparison.Ordinal);
        Assert.Contains("size=small and red\n", text, StringComparison.Ordinal);
        Assert.Contains("L_password=s3cret $(color)\n", text, StringComparison.Ordinal);
        Assert.Contains("PASSWORD=s3cret $(color)\n", text, StringComparison.Ordinal); // a secret is never expanded
        Assert.DoesNotContain("MISSING", text, StringComparison.Ordinal);
        Assert.Contains("NODE=n1\n", text, StringComparison.Ordinal);
        Assert.Contains("IP=10.244.1.", text, StringComparison.Ordinal);
        Assert.Contains("MEMORY=67108864\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", agent.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Files_follow_the_content_all_at_once_without_a_restart()
    {
        await using var agent = await RunningAgent.StartAsync();
        agent.Control.Put(Settings(("a", "1"), ("b", "1")));
        var pod = WithVolume("while true; do cat /settings/a /settings/b; echo; ls /settings | tr '\\n' ' '; sleep 0.1; done", new Volume
        {
            Name = "v", ConfigMap = new ConfigMapVolume { Name = "settings" },
        });
        agent.Control.Want(pod);
        await agent.Control.UntilAsync(pod, s => s.Phase == PodPhase.Running, "running");
        agent.Control.Put(Settings(("a", "2"), ("b", "2"), ("c", "2")));
        await agent.UntilLogAsync(pod, text => text.Contains("22\na b c", StringComparison.Ordinal), "the new file");
        agent.Control.Put(Settings(("a", "3"), ("b", "3")));
        await agent.UntilLogAsync(pod, text => text.Contains("33\na b 33", StringComparison.Ordinal), "the file gone again");
        Assert.Equal(0, agent.Control.StatusOf(pod)!.ContainerStatuses[0].RestartCount);
    }

    [Fact]
    public async Task A_secrets_files_are_in_memory_read_only_and_of_the_mode_and_group_that_was_asked_for()
    {
        await using var agent = await RunningAgent.StartAsync();
        agent.Control.Put(Login("s3cret"));
        var pod = WithVolume(
            "id; grep ' /settings ' /proc/mounts; ls -lnL /settings/pass/word /settings/key | tr -s ' ' | cut -d ' ' -f 1,3,4; echo x 2> /dev/null > /settings/new || echo refused; cat /settings/pass/word",
            new Volume { Name = "v", Secret = new SecretVolume { SecretName = "login", DefaultMode = 0x100, Items = [new KeyToPath { Key = "password", Path = "pass/word" }, new KeyToPath { Key = "password", Path = "key", Mode = 0x120 }] } },
            c => c with { SecurityContext = new SecurityContext { RunAsUser = 1000 } },
            s => s with { RestartPolicy = RestartPolicy.Never, SecurityContext = new PodSecurityContext { FsGroup = 2000 } });
        var text = await RunAsync(agent, pod);
        Assert.Contains("2000", text.Split('\n')[0], StringComparison.Ordinal);
        Assert.Contains("tmpfs /settings tmpfs ro", text, StringComparison.Ordinal);
        Assert.Contains("-r--r----- 0 2000\n-r--r----- 0 2000\n", text, StringComparison.Ordinal);
        Assert.EndsWith("refused\ns3cret", text.TrimEnd(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_missing_is_named_and_waited_for()
    {
        await using var agent = await RunningAgent.StartAsync();
        var variable = Once("echo $COLOR", c => c with { Env = [new EnvVar { Name = "COLOR", ValueFrom = new EnvVarSource { ConfigMapKeyRef = new KeySelector { Name = "settings", Key = "color" } } }] });
        var file = WithVolume("cat /settings/color", new Volume { Name = "v", ConfigMap = new ConfigMapVolume { Name = "settings", Items = [new KeyToPath { Key = "color", Path = "color" }] } }, spec: s => s with { RestartPolicy = RestartPolicy.Never });
        agent.Control.Want(variable);
        agent.Control.Want(file);
        await agent.Control.UntilAsync(variable, s => s.ContainerStatuses[0].State.Waiting is { Reason: "CreateContainerConfigError", Message: { } why } && why.EndsWith("configmap \"settings\" not found", StringComparison.Ordinal), "the name of what is missing");
        await agent.Control.UntilAsync(file, s => s.ContainerStatuses[0].State.Waiting is { Reason: "ContainerCreating", Message: { } why } && why.EndsWith("configmap \"settings\" not found", StringComparison.Ordinal), "the name of what is missing");

        agent.Control.Put(Settings(("size", "big")));
        await agent.Control.UntilAsync(variable, s => s.ContainerStatuses[0].State.Waiting is { Message: { } why } && why.EndsWith("couldn't find key color in configmap default/settings", StringComparison.Ordinal), "the missing key");
        agent.Control.Put(Settings(("color", "red")));
        Assert.Equal("red\n", await RunAsync(agent, variable));
        Assert.Equal("red\n", await RunAsync(agent, file));
    }

    [Fact]
    public async Task Labels_are_a_file_that_follows_them_and_a_projected_volume_has_several_sources()
    {
        await using var agent = await RunningAgent.StartAsync();
        agent.Control.Put(Login("s3cret"));
        agent.Control.Put(Settings(("color", "red")));
        var pod = WithVolume("while true; do cat /settings/fields/labels; echo; sleep 0.1; done", new Volume
        {
            Name = "v",
            Projected = new ProjectedVolume
            {
                Sources =
                [
                    new VolumeProjection { Secret = new ContentProjection { Name = "login" } },
                    new VolumeProjection { ConfigMap = new ContentProjection { Name = "settings" } },
                    new VolumeProjection { DownwardApi = new DownwardApiProjection { Items = [new DownwardApiFile { Path = "fields/labels", FieldRef = new ObjectFieldSelector { FieldPath = "metadata.labels" } }] } },
                ],
            },
        });
        pod = pod with { Metadata = pod.Metadata with { Labels = new Dictionary<string, string> { ["app"] = "web" } } };
        agent.Control.Want(pod);
        await agent.Control.UntilAsync(pod, s => s.Phase == PodPhase.Running, "running");
        await agent.UntilLogAsync(pod, text => text.Contains("app=\"web\"", StringComparison.Ordinal), "the label");
        agent.Control.Want(pod with { Metadata = pod.Metadata with { Labels = new Dictionary<string, string> { ["app"] = "shop" } } });
        await agent.UntilLogAsync(pod, text => text.Contains("app=\"shop\"", StringComparison.Ordinal), "the new label");
    }

    [Fact]
    public async Task A_node_without_a_server_starts_its_containers_again_with_their_content()
    {
        await using var agent = await RunningAgent.StartAsync();
        agent.Control.Put(Settings(("color", "red")));
        var pod = RunningAgent.Shell("echo $color; exec sleep 1000", c => c with { EnvFrom = [new EnvFromSource { ConfigMapRef = new ContentReference { Name = "settings" } }] });
        agent.Control.Want(pod);
        await agent.Control.UntilAsync(pod, s => s.Phase == PodPhase.Running, "running");
        var before = Leftovers.ProcessesOf(agent);
        await agent.StopAsync();
        await agent.Control.StopAnsweringAsync();
        await Given.RunAsync(["kill", "-9", .. before.Select(pid => pid.ToString())]);
        agent.Start();
        await Eventually.HoldsAsync(() => Leftovers.ProcessesOf(agent) is { Length: > 0 } now && !now.Intersect(before).Any(), "a new process");
    }

    static ConfigMap Settings(params (string Key, string Value)[] data) =>
        new() { Metadata = new ObjectMeta { Name = "settings", Namespace = "default" }, Data = data.ToDictionary(each => each.Key, each => each.Value) };

    static Secret Login(string password) => new()
    {
        Metadata = new ObjectMeta { Name = "login", Namespace = "default" },
        Data = new Dictionary<string, string> { ["password"] = Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(password)) },
    };

    static Pod Once(string script, Func<Container, Container> container) => RunningAgent.Shell(script, container, s => s with { RestartPolicy = RestartPolicy.Never });

    static Pod WithVolume(string script, Volume volume, Func<Container, Container>? container = null, Func<PodSpec, PodSpec>? spec = null) => RunningAgent.Shell(
        script,
        c => (container?.Invoke(c) ?? c) with { VolumeMounts = [new VolumeMount { Name = volume.Name, MountPath = "/settings" }] },
        s => (spec?.Invoke(s) ?? s) with { Volumes = [volume] });

    static async Task<string> RunAsync(RunningAgent agent, Pod pod)
    {
        agent.Control.Want(pod);
        await agent.Control.UntilAsync(pod, s => s.Phase is PodPhase.Succeeded or PodPhase.Failed, "ended");
        return (await agent.LogsAsync(pod)).Text;
    }
}
