using System.Globalization;
using Orchestrator.Model.Certificates;
using Orchestrator.Model.Configuration;
using Orchestrator.Model.Meta;
using Orchestrator.Model.Services;
using Orchestrator.Model.State;
using Orchestrator.Reconcile.Certificates;

namespace Orchestrator.Reconcile.Tests.Certificates;

public sealed class CertificateOrdersTests
{
    static readonly DateTimeOffset Now = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    static readonly ClusterIssuer Issuer = new() { Metadata = new ObjectMeta { Name = "le" }, Spec = new ClusterIssuerSpec { Acme = new AcmeIssuer() } };

    [Fact]
    public void What_is_not_there_is_due_if_its_Ingress_names_an_issuer_that_is()
    {
        Assert.Equal(["shop/web: a.example,b.example"], Due(Issuer, Ingress("web", "le", "b.example", "a.example", "*.example")));
        Assert.Empty(Due(Ingress("web", "le", "a.example")));
        Assert.Empty(Due(Issuer, Ingress("web", "other", "a.example")));
        Assert.Empty(Due(Issuer, Ingress("web", null, "a.example")));
        Assert.Empty(Due(Issuer, Ingress("web", "le", "*.example"))); // nothing over HTTP shows that
        var foreign = Ingress("web", "le", "a.example");
        Assert.Empty(Due(Issuer, foreign with { Spec = foreign.Spec with { IngressClassName = "nginx" } }));
    }

    [Fact]
    public void Ingresses_that_share_a_Secret_have_all_their_names_in_it() =>
        Assert.Equal(["shop/web: a.example,b.example"], Due(Issuer, Ingress("web", "le", "a.example"), Ingress("web", "le", "b.example") with { Metadata = new ObjectMeta { Name = "second", Namespace = "shop", Annotations = new Dictionary<string, string> { [ClusterIssuer.Annotation] = "le" } } }));

    [Theory]
    [InlineData(59, "le", "a.example", false)]
    [InlineData(61, "le", "a.example", true)]
    [InlineData(1, "le", "a.example,b.example", true)]
    [InlineData(1, "other", "a.example", true)]
    public void What_is_there_is_due_again_after_two_thirds_of_its_life_or_for_other_names_or_another_issuer(int days, string from, string names, bool due)
    {
        var state = State(Issuer, Ingress("web", "le", "a.example"), Made(from, names));
        var (orders, next) = CertificateOrders.Due(state, Now.AddDays(days));
        Assert.Equal(due, orders.Count == 1);
        Assert.Equal(due ? null : Now.AddDays(60), next);
    }

    [Fact]
    public void What_somebody_else_has_made_is_never_due()
    {
        var secret = Made("le", "a.example");
        Assert.Empty(Due(Issuer, Ingress("web", "le", "b.example"), secret with { Metadata = secret.Metadata with { Annotations = new Dictionary<string, string>() } }));
    }

    static List<string> Due(params Resource[] all) => [.. CertificateOrders.Due(State(all), Now).Due.Select(order => $"{order.Name}: {string.Join(',', order.Hosts)}")];

    static ClusterState State(params Resource[] all) => all.Aggregate(ClusterState.Empty, (state, each) => state.With(each));

    static Secret Made(string issuer, string names) => new()
    {
        Metadata = new ObjectMeta
        {
            Name = "web", Namespace = "shop",
            Annotations = new Dictionary<string, string>
            {
                [ClusterIssuer.Annotation] = issuer, [CertificateOrders.Names] = names,
                [CertificateOrders.NotBefore] = Now.ToString("O", CultureInfo.InvariantCulture), [CertificateOrders.NotAfter] = Now.AddDays(90).ToString("O", CultureInfo.InvariantCulture),
            },
        },
        Type = SecretTypes.Tls,
    };

    static Ingress Ingress(string name, string? issuer, params string[] hosts) => new()
    {
        Metadata = new ObjectMeta { Name = name, Namespace = "shop", Annotations = issuer is null ? new Dictionary<string, string>() : new Dictionary<string, string> { [ClusterIssuer.Annotation] = issuer } },
        Spec = new IngressSpec { Tls = [new IngressTls { Hosts = hosts, SecretName = name }] },
    };
}
