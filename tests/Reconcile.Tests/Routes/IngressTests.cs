using Orchestrator.Model.Configuration;
using Orchestrator.Model.Meta;
using Orchestrator.Model.Nodes;
using Orchestrator.Model.Services;
using Orchestrator.Model.State;
using Orchestrator.Reconcile.Routes;

namespace Orchestrator.Reconcile.Tests.Routes;

/// <summary>Who gets a host and path, with which certificate, and what the others are told.</summary>
public sealed class IngressTests
{
    static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch.AddDays(1);

    [Fact]
    public void Of_two_that_want_the_same_path_the_older_one_has_it_and_the_younger_one_is_told()
    {
        var state = State(Service("shop", "web"), Service("bank", "web"), Ingress("shop", "young", age: 1, "a.example"), Ingress("bank", "old", age: 2, "a.example"));

        Assert.Equal("bank/web:80", Assert.Single(RouteReconciler.Compute(state).Routes).Backend);
        var told = Statuses(state);
        Assert.Equal(ConditionStatus.True, told["bank/old"].Conditions.Find(IngressStatus.Served)!.Status);
        Assert.Equal("a.example/ belongs to the older ingress bank/old", told["shop/young"].Conditions.Find(IngressStatus.Served)!.Message);
    }

    [Fact]
    public void One_of_another_class_is_somebody_else_s()
    {
        var foreign = Ingress("shop", "theirs", age: 1, "a.example");
        var state = State(Service("shop", "web"), foreign with { Spec = foreign.Spec with { IngressClassName = "nginx" } });

        Assert.Empty(RouteReconciler.Compute(state).Routes);
        Assert.Empty(IngressReconciler.Reconcile(state, Now).Operations);
    }

    [Fact]
    public void A_host_without_hosts_of_its_own_takes_the_certificate_for_those_of_the_rules()
    {
        var ingress = Ingress("shop", "web", age: 1, "a.example");
        var state = State(Service("shop", "web"), Tls("shop", "cert", "chain"), Tls("bank", "cert", "other"), ingress with { Spec = ingress.Spec with { Tls = [new IngressTls { SecretName = "cert" }] } });

        var certificate = Assert.Single(RouteReconciler.Compute(state).Certificates);
        Assert.Equal(("shop/cert", "a.example", "chain"), (certificate.Id, Assert.Single(certificate.Hosts), System.Text.Encoding.UTF8.GetString(certificate.Chain)));
        Assert.DoesNotContain("secret", certificate.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_missing_is_said_and_where_it_is_served()
    {
        var ingress = Ingress("shop", "web", age: 1, "a.example");
        var node = new Node { Metadata = new ObjectMeta { Name = "n1", Labels = new Dictionary<string, string> { [Node.IngressRole] = "" } }, Status = new NodeStatus { Addresses = [new NodeAddress { Type = NodeAddress.InternalIp, Address = "192.0.2.1" }] } };
        var state = State(node, ingress with { Spec = ingress.Spec with { Tls = [new IngressTls { SecretName = "cert" }] } });

        var status = Statuses(state)["shop/web"];
        Assert.Equal("there is no secret cert with a certificate; there is no service web", status.Conditions.Find(IngressStatus.Served)!.Message);
        Assert.Equal("192.0.2.1", Assert.Single(status.LoadBalancer.Ingress).Ip);
    }

    [Fact]
    public void What_an_ingress_asks_for_holds_for_its_own_routes_also_of_a_service_that_it_shares()
    {
        var asking = Ingress("shop", "asking", age: 1, "a.example");
        asking = asking with
        {
            Metadata = asking.Metadata with { Annotations = new Dictionary<string, string> { ["ingress.orchestrator/affinity"] = "cookie", ["ingress.orchestrator/body-limit"] = "1Ki", ["ingress.orchestrator/rate-limit"] = "5", ["ingress.orchestrator/concurrency-limit"] = "9" } },
        };
        var table = RouteReconciler.Compute(State(Service("shop", "web"), asking, Ingress("shop", "plain", age: 2, "b.example")));

        Assert.Equal([("a.example", new IngressSettings(true, 1024, 5, 0, 9)), ("b.example", IngressSettings.None)], table.Routes.Select(route => (route.Host, route.Settings)).OrderBy(route => route.Host));
        Assert.All(table.Routes, route => Assert.Equal(route.Settings.KeepsPod, table.Backends.Single(backend => backend.Id == route.Backend).KeepsPod));
    }

    [Fact]
    public void What_a_service_speaks_and_where_its_pods_tell_of_their_health_is_known_to_the_ingress()
    {
        var asking = Ingress("shop", "asking", age: 1, "a.example");
        asking = asking with { Metadata = asking.Metadata with { Annotations = new Dictionary<string, string> { ["ingress.orchestrator/health-path"] = "/healthz" } } };
        var service = Service("shop", "web");
        service = service with { Spec = service.Spec with { Ports = [service.Spec.Ports[0] with { AppProtocol = "kubernetes.io/h2c" }] } };
        var table = RouteReconciler.Compute(State(service, asking, Ingress("shop", "plain", age: 2, "b.example")));

        Assert.Equal([("a.example", true, "/healthz"), ("b.example", true, "")], table.Routes.Select(route => (route.Host, Backend: table.Backends.Single(backend => backend.Id == route.Backend)))
            .Select(route => (route.Host, route.Backend.IsHttp2, route.Backend.HealthPath)).OrderBy(route => route.Host));
    }

    [Fact]
    public void What_was_said_already_is_not_said_again()
    {
        var state = State(Service("shop", "web"), Ingress("shop", "web", age: 1, "a.example"));
        var said = IngressReconciler.Reconcile(state, Now).Operations.OfType<UpdateStatus>().Aggregate(state, (known, each) => known.With(each.Resource));
        Assert.Empty(IngressReconciler.Reconcile(said, Now.AddHours(1)).Operations);
    }

    static Dictionary<string, IngressStatus> Statuses(ClusterState state) =>
        IngressReconciler.Reconcile(state, Now).Operations.OfType<UpdateStatus>().Select(each => (Ingress)each.Resource).ToDictionary(each => $"{each.Namespace}/{each.Name}", each => each.Status);

    static ClusterState State(params Resource[] all) => all.Aggregate(ClusterState.Empty, (state, each) => state.With(each));

    static Service Service(string home, string name) => new() { Metadata = new ObjectMeta { Name = name, Namespace = home }, Spec = new ServiceSpec { Ports = [new ServicePort { Port = 80 }] } };

    static Secret Tls(string home, string name, string chain) => new()
    {
        Metadata = new ObjectMeta { Name = name, Namespace = home },
        Type = SecretTypes.Tls,
        Data = new Dictionary<string, string> { [SecretTypes.TlsChain] = Base64(chain), [SecretTypes.TlsKey] = Base64("secret") },
    };

    static string Base64(string text) => Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(text));

    static Ingress Ingress(string home, string name, int age, string host) => new()
    {
        Metadata = new ObjectMeta { Name = name, Namespace = home, CreationTimestamp = Now.AddHours(-age) },
        Spec = new IngressSpec
        {
            Rules = [new IngressRule { Host = host, Http = new HttpIngress { Paths = [new IngressPath { PathType = IngressPathType.Prefix, Backend = new IngressBackend { Service = new IngressServiceBackend { Name = "web", Port = new ServiceBackendPort { Number = 80 } } } }] } }],
        },
    };
}
