using Orchestrator.Model.Autoscaling;
using Orchestrator.Model.Configuration;
using Orchestrator.Model.Gateways;
using Orchestrator.Model.Meta;
using Orchestrator.Model.Pods;
using Orchestrator.Model.Services;
using Orchestrator.Model.State;
using Orchestrator.Model.Values;
using Orchestrator.Model.Workloads;
using Orchestrator.Reconcile.Autoscaling;
using Orchestrator.Reconcile.Routes;

namespace Orchestrator.Reconcile.Tests.Routes;

/// <summary>Which requests HTTPRoutes get of their gateways, and what they are told.</summary>
public sealed class GatewayTests
{
    static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch.AddDays(1);

    [Theory]
    [InlineData(null, "a.example", "a.example")]
    [InlineData("a.example", null, "a.example")]
    [InlineData(null, null, "")]
    [InlineData("*.example", "a.example,b.other", "a.example")]
    [InlineData("*.example", "a.b.example", "a.b.example")]
    [InlineData("a.example", "*.example", "a.example")]
    [InlineData("*.example", "*.b.example", "*.b.example")]
    public void A_route_is_for_the_hosts_that_it_and_the_listener_are_for(string? listener, string? hostnames, string expected)
    {
        var table = RouteReconciler.Compute(State(Gateway(listener), Route("shop", hostnames), Service("web")));
        Assert.Equal(expected.Split(','), table.Routes.Select(route => route.Host));
    }

    [Fact]
    public void A_route_that_no_listener_takes_is_told_why()
    {
        Assert.Equal(("NoMatchingListenerHostname", "no listener of gateway outer is for a.other"), Told(State(Gateway("*.example"), Route("shop", "a.other"))));
        Assert.Equal(("NoMatchingParent", "there is no gateway shop/outer"), Told(State(Route("shop", "a.other"))));
        Assert.Equal(("NotAllowedByListeners", "gateway shop/outer takes no routes of namespace bank: its listeners' allowedRoutes say so"), Told(State(Gateway(null), Route("bank", "a.example", gatewayIn: "shop"))));
        Assert.Equal(("Accepted", null), Told(State(Gateway(null, RoutesFrom.All), Route("bank", "a.example", gatewayIn: "shop"))));
        Assert.Equal(("Accepted", null), Told(State(Gateway(null, RoutesFrom.Selector), Home("bank", "open"), Route("bank", "a.example", gatewayIn: "shop"))));
        Assert.Equal("NotAllowedByListeners", Told(State(Gateway(null, RoutesFrom.Selector), Home("bank", "closed"), Route("bank", "a.example", gatewayIn: "shop"))).Reason);
    }

    [Fact]
    public void A_service_that_is_not_there_is_named_and_a_gateway_of_another_class_is_somebody_elses()
    {
        var state = State(Gateway(null), Route("shop", "a.example"));
        var parent = Assert.Single(Status(state).Parents);
        Assert.Equal("there is no service web with a port 80", parent.Conditions.Find(RouteParentStatus.ResolvedRefs)!.Message);
        Assert.Empty(Assert.Single(RouteReconciler.Compute(state).Backends).Destinations);

        var foreign = Gateway(null);
        state = State(foreign with { Spec = foreign.Spec with { GatewayClassName = "nginx" } }, Route("shop", "a.example"), Service("web"));
        Assert.Empty(RouteReconciler.Compute(state).Routes);
        Assert.Empty(GatewayReconciler.Reconcile(state, Now).Operations);
    }

    [Fact]
    public void A_workload_that_sleeps_behind_a_route_is_waited_for_and_woken()
    {
        var labels = new Dictionary<string, string> { ["app"] = "web" };
        var service = Service("web");
        var state = State(Gateway(null), Route("shop", "a.example"), service with { Spec = service.Spec with { Selector = labels } },
            new Deployment { Metadata = new ObjectMeta { Name = "web", Namespace = "shop" }, Spec = new DeploymentSpec { Replicas = 0, Template = new PodTemplate { Metadata = new ObjectMeta { Labels = labels } } } },
            new HorizontalPodAutoscaler { Metadata = new ObjectMeta { Name = "web", Namespace = "shop" }, Spec = new HorizontalPodAutoscalerSpec { MinReplicas = 0, ScaleTargetRef = new CrossVersionObjectReference { Kind = Deployment.KindName, Name = "web" } } });
        var backend = Assert.Single(RouteReconciler.Compute(state).Backends);
        Assert.True(backend.Wakes);
        var woken = Assert.IsType<Update>(Assert.Single(Awakening.Decide(state, backend.Id).Operations)).Resource;
        Assert.Equal(1, Assert.IsType<Deployment>(woken).Spec.Replicas);
        foreach (var other in (string[])["shop/web/1", "shop/web/-1", "shop/none/0", "shop/web", "shop/web:80/0/0", "", "/:"]) Assert.True(Awakening.Decide(state, other).IsEmpty, other);
        Assert.False(Awakening.Decide(state, "shop/web:80").IsEmpty);
    }

    [Fact]
    public void What_asks_for_more_comes_first()
    {
        var route = Route("shop", "a.example");
        HttpRouteRule Rule(HttpRouteMatch match) => route.Spec.Rules[0] with { Matches = [match] };
        route = route with
        {
            Spec = route.Spec with
            {
                Rules =
                [
                    Rule(new HttpRouteMatch()),
                    Rule(new HttpRouteMatch { QueryParams = [Value("q")] }),
                    Rule(new HttpRouteMatch { Headers = [Value("h")] }),
                    Rule(new HttpRouteMatch { Headers = [Value("h"), Value("i")] }),
                    Rule(new HttpRouteMatch { Method = "GET" }),
                    Rule(new HttpRouteMatch { Path = new HttpPathMatch { Value = "/long" } }),
                    Rule(new HttpRouteMatch { Path = new HttpPathMatch { Type = HttpPathMatchType.Exact, Value = "/" } }),
                ],
            },
        };
        Assert.Equal(["6", "5", "4", "3", "2", "1", "0"], RouteReconciler.Compute(State(Gateway(null), route, Service("web"))).Routes.OrderBy(each => each.Order).Select(each => each.Backend[^1..]));
    }

    [Fact]
    public void A_listener_for_TLS_shows_its_certificate_and_its_routes_come_over_TLS_only()
    {
        var gateway = Gateway("a.example");
        gateway = gateway with { Spec = gateway.Spec with { Listeners = [gateway.Spec.Listeners[0] with { Protocol = GatewayProtocol.HTTPS, Tls = new GatewayTls { CertificateRefs = [new GatewaySecret { Name = "cert" }] } }] } };
        var secret = new Secret
        {
            Metadata = new ObjectMeta { Name = "cert", Namespace = "shop" },
            Type = SecretTypes.Tls,
            Data = new Dictionary<string, string> { [SecretTypes.TlsChain] = "Y2hhaW4=", [SecretTypes.TlsKey] = "a2V5" },
        };
        var table = RouteReconciler.Compute(State(gateway, secret, Route("shop", null), Service("web")));
        Assert.Equal(("shop/cert", "a.example"), (Assert.Single(table.Certificates).Id, Assert.Single(table.Certificates[0].Hosts)));
        Assert.True(Assert.Single(table.Routes).Only.Tls);

        var missing = (Gateway)GatewayReconciler.Reconcile(State(gateway), Now).Operations.OfType<UpdateStatus>().Single().Resource;
        Assert.Equal("there is no secret cert with a certificate", missing.Status.Conditions.Find(GatewayStatus.Programmed)!.Message);
    }

    [Fact]
    public void What_was_said_already_is_not_said_again()
    {
        var state = State(Gateway(null), Route("shop", "a.example"), Service("web"));
        var said = GatewayReconciler.Reconcile(state, Now).Operations.OfType<UpdateStatus>().Aggregate(state, (known, each) => known.With(each.Resource));
        Assert.Empty(GatewayReconciler.Reconcile(said, Now.AddHours(1)).Operations);
    }

    [Theory]
    [InlineData("10s", 10_000)]
    [InlineData("1h30m", 5_400_000)]
    [InlineData("500ms", 500)]
    [InlineData("0s", 0)]
    [InlineData("", null)]
    [InlineData("10", null)]
    [InlineData("s", null)]
    [InlineData("-1s", null)]
    [InlineData("1.5s", null)]
    [InlineData("1d", null)]
    [InlineData("1s1s1s1s1s", null)]
    [InlineData("123456s", null)]
    public void Durations_are_read_as_the_Gateway_API_writes_them(string text, int? milliseconds) =>
        Assert.Equal(milliseconds is { } number ? TimeSpan.FromMilliseconds(number) : null, GatewayDuration.Parse(text));

    static (string? Reason, string? Message) Told(ClusterState state)
    {
        var accepted = Assert.Single(Status(state).Parents).Conditions.Find(RouteParentStatus.Accepted)!;
        return (accepted.Reason, accepted.Message);
    }

    static HttpRouteStatus Status(ClusterState state) =>
        GatewayReconciler.Reconcile(state, Now).Operations.OfType<UpdateStatus>().Select(each => each.Resource).OfType<HttpRoute>().Single().Status;

    static ClusterState State(params Resource[] all) => all.Aggregate(ClusterState.Empty, (state, each) => state.With(each));

    static HttpValueMatch Value(string name) => new() { Name = name, Value = "1" };

    static Namespace Home(string name, string label) => new() { Metadata = new ObjectMeta { Name = name, Labels = new Dictionary<string, string> { ["door"] = label } } };

    static Gateway Gateway(string? hostname, RoutesFrom from = RoutesFrom.Same) => new()
    {
        Metadata = new ObjectMeta { Name = "outer", Namespace = "shop" },
        Spec = new GatewaySpec
        {
            GatewayClassName = "orch",
            Listeners =
            [
                new GatewayListener
                {
                    Name = "http", Port = 80, Protocol = GatewayProtocol.HTTP, Hostname = hostname,
                    AllowedRoutes = new AllowedRoutes { Namespaces = new RouteNamespaces { From = from, Selector = new LabelSelector { MatchLabels = new Dictionary<string, string> { ["door"] = "open" } } } },
                },
            ],
        },
    };

    static HttpRoute Route(string home, string? hostnames, string? gatewayIn = null) => new()
    {
        Metadata = new ObjectMeta { Name = "web", Namespace = home },
        Spec = new HttpRouteSpec
        {
            ParentRefs = [new ParentRef { Name = "outer", Namespace = gatewayIn }],
            Hostnames = hostnames?.Split(',') ?? [],
            Rules = [new HttpRouteRule { BackendRefs = [new HttpBackendRef { Name = "web", Port = 80 }] }],
        },
    };

    static Service Service(string name) => new() { Metadata = new ObjectMeta { Name = name, Namespace = "shop" }, Spec = new ServiceSpec { Ports = [new ServicePort { Port = 80 }] } };
}
