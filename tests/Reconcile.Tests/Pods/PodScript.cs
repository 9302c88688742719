using Orchestrator.Model.Meta;
using Orchestrator.Model.Pods;
using Orchestrator.Reconcile.Pods;

namespace Orchestrator.Reconcile.Tests.Pods;

/// <summary>
/// Plays one pod: events in, decisions out, a clock that the test moves.
/// </summary>
sealed class PodScript
{
    public static readonly DateTimeOffset Start = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public PodScript(Pod pod)
    {
        Pod = pod;
        Facts = new PodFacts { AcceptedAt = Start, HostIp = "192.0.2.1" };
        Decide();
    }

    public Pod Pod { get; set; }

    public PodFacts Facts { get; private set; }

    public DateTimeOffset Now { get; private set; } = Start;

    public PodDecision Decision { get; private set; } = null!; // Set by the constructor's first decision.

    public PodStatus Status => Decision.Status;

    public ContainerStatus Main => Status.ContainerStatuses[0];

    public static Pod PodOf(RestartPolicy policy = RestartPolicy.Always, Func<Container, Container>? change = null, params Container[] init)
    {
        Container main = new() { Name = "main", Image = "web:1" };
        return new Pod
        {
            Metadata = new ObjectMeta { Name = "web", Namespace = "default", Uid = "u1" },
            Spec = new PodSpec { Containers = [change?.Invoke(main) ?? main], InitContainers = init, RestartPolicy = policy, TerminationGracePeriodSeconds = 30 },
        };
    }

    /// <summary>A pod whose one container runs.</summary>
    public static PodScript Running(RestartPolicy policy = RestartPolicy.Always, Func<Container, Container>? change = null) =>
        new PodScript(PodOf(policy, change)).Do(new PodEvent.SetUpDone("10.0.0.2"), new PodEvent.Pulled("main", "web@sha256:1")).Run("main", 0);

    public PodScript Do(params PodEvent[] events)
    {
        foreach (var happened in events)
            Facts = PodHistory.After(Facts, happened, Now);
        return Decide();
    }

    public PodScript Run(string container, int instance) =>
        Do(new PodEvent.Created(container, instance), new PodEvent.Started(container, instance, Now));

    public PodScript Exit(string container, int instance, int code, bool outOfMemory = false) =>
        Do(new PodEvent.Exited(container, instance, new ContainerExit(code, null, outOfMemory, null, Now)));

    /// <summary>As Exit, with the instance cleared away.</summary>
    public PodScript Gone(string container, int instance, int code) =>
        Exit(container, instance, code).Do(new PodEvent.Deleted(container, instance));

    public PodScript Probe(ProbeKind kind, bool succeeded, int instance = 0) =>
        Do(new PodEvent.Probed("main", instance, kind, succeeded, succeeded ? "" : "no", Now));

    public PodScript After(double seconds)
    {
        Now = Now.AddSeconds(seconds);
        return Decide();
    }

    PodScript Decide()
    {
        Decision = PodMachine.Decide(Pod, Facts, Now);
        Facts = PodMachine.Keep(Pod, Facts, Decision);
        return this;
    }
}
