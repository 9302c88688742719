using Orchestrator.ControlPlane.Api;
using Orchestrator.Model.Meta;
using Orchestrator.Model.Pods;
using Orchestrator.Model.Services;
using Orchestrator.Model.State;
using Orchestrator.Model.Values;
using Orchestrator.Model.Workloads;

namespace Orchestrator.ControlPlane.Tests.Api;

/// <summary>What is decided is also applied here: the outcome is judged, not the operations.</summary>
public sealed class RollbackTests
{
    ClusterState _state = ClusterState.Empty;
    int _ids;

    [Fact]
    public void What_was_changed_created_and_deleted_since_is_undone_in_one_revision()
    {
        Do(new Create(Web(replicas: 1)), new Create(Service("kept")), new Create(Service("lost")));
        var then = _state;
        Do(new Update(Web(replicas: 5, image: "web:2")));
        Do(new Delete(Service("lost").Key), new Create(Service("added")));

        var decision = Decide(then);
        Do([.. decision.Operations]);

        Assert.Equal(4, _state.Revision);
        Assert.Equal(["kept", "lost"], _state.All<Service>(Model.Services.Service.KindName).Select(each => each.Name));
        var web = _state.Find<Deployment>(Deployment.KindName, "shop", "web")!;
        Assert.Equal((1, "web:1"), (web.Spec.Replicas, web.Spec.Template.Spec.Containers[0].Image));
        Assert.Equal(["Configured web", "Created lost", "Deleted added"], decision.Steps.Select(step => $"{step.Action} {(step.After ?? step.Before)!.Name}").Order(StringComparer.Ordinal));
        Assert.Empty(Decide(then).Steps);
    }

    [Fact]
    public void A_deployment_that_was_deleted_comes_back_as_a_new_object()
    {
        Do(new Create(Web(1)));
        Do(new UpdateStatus(Web(1) with { Status = new DeploymentStatus { Replicas = 1, ReadyReplicas = 1 } }));
        var then = _state;
        Do(new Delete(Web(1).Key));
        Do([.. Decide(then).Operations]);
        var web = _state.Find<Deployment>(Deployment.KindName, "shop", "web")!;
        Assert.NotEqual("web", web.Metadata.Uid);
        Assert.Equal(1, web.Metadata.Generation);
        Assert.Equal(new DeploymentStatus().ReadyReplicas, web.Status.ReadyReplicas);
    }

    [Fact]
    public void A_field_that_can_not_be_changed_is_gone_back_to_by_making_the_object_anew()
    {
        Do(new Create(Web(1)));
        var then = _state;
        Do(new Delete(Web(1).Key));
        Do(new Create(Web(2, app: "other")));
        Do([.. Decide(then).Operations]);
        var web = _state.Find<Deployment>(Deployment.KindName, "shop", "web")!;
        Assert.Equal((1, "web"), (web.Spec.Replicas, web.Spec.Selector.MatchLabels["app"]));
        Assert.Equal(4, _state.Revision);
    }

    [Fact]
    public void What_a_controller_made_and_what_is_elsewhere_is_left_alone()
    {
        var owned = Pod("owned") with { Metadata = Pod("owned").Metadata with { OwnerReferences = [new OwnerReference { ApiVersion = "apps/v1", Kind = "ReplicaSet", Name = "web", Uid = "x", Controller = true }] } };
        Do(new Create(owned), new Create(Service("a", "blog")));
        var then = _state;
        Do(new Delete(owned.Key), new Delete(Service("a", "blog").Key));
        Assert.Empty(Decide(then).Operations);
    }

    [Fact]
    public void A_running_pod_is_left_as_it_is_and_a_lost_one_is_started_again_anywhere()
    {
        Do(new Create(Pod("runs")), new Create(Pod("lost") with { Spec = Pod("lost").Spec with { NodeName = "n1" } }));
        var then = _state;
        Do(new Delete(Pod("runs").Key), new Delete(Pod("lost").Key, GraceSeconds: 0));
        Do(new Create(Pod("runs", image: "web:2")));
        var decision = Decide(then);
        Assert.Equal(["Created lost", "Left runs"], decision.Steps.Select(step => $"{step.Action} {step.After!.Name}").Order());
        Do([.. decision.Operations]);
        Assert.Null(_state.Find<Pod>(Model.Pods.Pod.KindName, "shop", "lost")!.Spec.NodeName);
    }

    [Fact]
    public void A_namespace_that_is_gone_comes_back_before_what_was_in_it()
    {
        var shop = new Namespace { Metadata = new ObjectMeta { Name = "shop", Uid = "ns" } };
        Do(new Create(shop), new Create(Web(1)));
        var then = _state;
        Do(new Delete(Web(1).Key), new Delete(shop.Key));
        Assert.IsType<Namespace>(Assert.IsType<Create>(Decide(then).Operations[0]).Resource);
    }

    [Fact]
    public void What_was_decided_is_refused_when_the_object_changed_in_between()
    {
        Do(new Create(Web(1)));
        var then = _state;
        Do(new Create(Service("added")), new Update(Web(3)));
        var operations = Decide(then).Operations;
        Do(new Update(Service("added") with { Spec = new ServiceSpec { Ports = [new ServicePort { Port = 81 }] } }));
        Assert.IsType<Conflict>(Try([.. operations]).Result);
    }

    Rollback.Decision Decide(ClusterState then) =>
        Rollback.Decide(then, _state, resource => resource.Namespace == "shop" || resource is Namespace, () => $"uid-{++_ids}");

    void Do(params Operation[] operations)
    {
        var transition = Try(operations);
        Assert.IsType<Applied>(transition.Result);
        _state = transition.Next;
    }

    Transition Try(params Operation[] operations) =>
        StateMachine.Apply(_state, new Command($"request-{++_ids}", DateTimeOffset.UnixEpoch, "test") { Operations = operations });

    static Deployment Web(int replicas, string image = "web:1", string app = "web") => new()
    {
        Metadata = Meta("web"),
        Spec = new DeploymentSpec
        {
            Replicas = replicas,
            Selector = new LabelSelector { MatchLabels = new Dictionary<string, string> { ["app"] = app } },
            Template = new PodTemplate { Spec = Pod("x", image).Spec },
        },
    };

    static Service Service(string name, string @namespace = "shop") => new() { Metadata = Meta(name, @namespace), Spec = new ServiceSpec { Ports = [new ServicePort { Port = 80 }] } };

    static Pod Pod(string name, string image = "web:1") => new() { Metadata = Meta(name), Spec = new PodSpec { Containers = [new Container { Name = "web", Image = image }] } };

    static ObjectMeta Meta(string name, string @namespace = "shop") => new() { Name = name, Namespace = @namespace, Uid = null };
}
