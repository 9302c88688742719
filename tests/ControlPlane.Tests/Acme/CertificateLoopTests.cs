using System.Collections.Immutable;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Orchestrator.ControlPlane.Acme;
using Orchestrator.ControlPlane.Controllers;
using Orchestrator.ControlPlane.Network;
using Orchestrator.ControlPlane.Store;
using Orchestrator.ControlPlane.Tests.Store;
using Orchestrator.Model.Certificates;
using Orchestrator.Model.Configuration;
using Orchestrator.Model.Meta;
using Orchestrator.Model.Services;
using Orchestrator.Model.State;
using Orchestrator.Reconcile.Routes;
using Orchestrator.Testing;

namespace Orchestrator.ControlPlane.Tests.Acme;

/// <summary>Certificates by ACME, from a double of an authority that looks at a server which answers as the routes say.</summary>
public sealed class CertificateLoopTests : IAsyncLifetime, IDisposable
{
    readonly CancellationTokenSource _over = new();
    readonly FakeTimeProvider _time = new(DateTimeOffset.UtcNow) { AutoAdvanceAmount = TimeSpan.Zero };
    ClusterStore _store = null!; // opened before each test
    WebApplication _edge = null!; // as above
    Task _loop = Task.CompletedTask;

    public async Task InitializeAsync()
    {
        ImmutableArray<StoreMember> members = [new(ScriptedLog.Here, new Uri("http://127.0.0.1:1"))];
        var options = new StoreOptions("/nowhere", ScriptedLog.Here, members) { HistoryRevisions = 100, OperationTimeout = TimeSpan.FromSeconds(5) };
        _store = await ClusterStore.OpenAsync(
            options, _ => throw new InvalidOperationException("there is no other server"), TimeProvider.System, () => Guid.NewGuid().ToString(), state => Task.FromResult<IStateLog>(new ScriptedLog(state)));
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        _edge = builder.Build();
        _edge.Run(context =>
        {
            var challenge = RouteReconciler.Compute(_store.Current).Challenges.FirstOrDefault(each => each.Spec.DnsName == context.Request.Host.Host && context.Request.Path == $"/.well-known/acme-challenge/{each.Spec.Token}");
            context.Response.StatusCode = challenge is null ? 404 : 200;
            return context.Response.WriteAsync(challenge?.Spec.Key ?? "");
        });
        await _edge.StartAsync();
    }

    public async Task DisposeAsync()
    {
        await _over.CancelAsync();
        await _loop.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _edge.DisposeAsync();
        await _store.DisposeAsync();
    }

    public void Dispose() => _over.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_Ingress_that_names_an_issuer_gets_its_certificate_and_nothing_else_is_left(bool refusesNonces)
    {
        await using var authority = await Authority.StartAsync(Port, refusesNonces);
        await PutAsync(Issuer(authority), Ingress("web", "b.example", "a.example"));
        Begin();
        var secret = await SecretAsync();

        Assert.Equal(SecretTypes.Tls, secret.Type);
        var content = secret.Content().ToDictionary(each => each.Key, each => Encoding.UTF8.GetString(each.Value));
        using var certificate = X509Certificate2.CreateFromPem(content[SecretTypes.TlsChain], content[SecretTypes.TlsKey]);
        Assert.Equal(["a.example", "b.example"], certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().Single().EnumerateDnsNames());
        Assert.Equal("CN=double", certificate.Issuer);
        await Eventually.HoldsAsync(() => IsReady() == ConditionStatus.True, "the issuer is said to give certificates");
        Assert.Empty(_store.Current.All<Challenge>(Challenge.KindName));
        Assert.Equal((1, 1), (authority.Orders, authority.Accounts));
        var route = Assert.Single(RouteReconciler.Compute(_store.Current).Certificates);
        Assert.Equal(["b.example", "a.example"], route.Hosts);
    }

    [Fact]
    public async Task One_that_ends_soon_is_renewed_with_the_same_account()
    {
        await using var authority = await Authority.StartAsync(Port, clock: _time);
        await PutAsync(Issuer(authority), Ingress("web", "a.example"));
        Begin();
        var first = await SecretAsync();
        await Eventually.HoldsAsync(() => IsReady() == ConditionStatus.True, "it came");
        _time.Advance(TimeSpan.FromDays(59));
        Assert.Equal(1, authority.Orders);
        await Eventually.HoldsAsync(
            () =>
            {
                _time.Advance(TimeSpan.FromHours(1)); // the loop may not wait yet
                return _store.Current.Find<Secret>(Secret.KindName, "default", "web")!.Data[SecretTypes.TlsChain] != first.Data[SecretTypes.TlsChain];
            },
            "there is a new one");
        Assert.Equal((2, 1), (authority.Orders, authority.Accounts));
    }

    [Fact]
    public async Task A_host_that_does_not_answer_is_named_and_asked_for_again_later()
    {
        await using var authority = await Authority.StartAsync(looksAt: 1 + (Port % 2)); // nobody listens there
        await using var blind = await Authority.StartAsync(Port);
        await PutAsync(Issuer(authority), Ingress("web", "a.example"));
        Begin();
        await Eventually.HoldsAsync(() => IsReady() == ConditionStatus.False, "the issuer is said to give none");
        Assert.Null(_store.Current.Find<Secret>(Secret.KindName, "default", "web"));
        Assert.Empty(_store.Current.All<Challenge>(Challenge.KindName));
        var asked = authority.Orders;

        // Another authority, of the same name and key: asked when the pause is over.
        var issuer = _store.Current.Find<ClusterIssuer>(ClusterIssuer.KindName, "", "le")!;
        await PutAsync(issuer with { Spec = Issuer(blind).Spec });
        await Eventually.HoldsAsync(
            () =>
            {
                _time.Advance(TimeSpan.FromSeconds(20));
                return _store.Current.Find<Secret>(Secret.KindName, "default", "web") is not null;
            },
            "it came");
        Assert.Equal((1, 1), (asked, blind.Accounts));
    }

    [Theory]
    [InlineData("[1]")]
    [InlineData("{\"newNonce\":7,\"newAccount\":[]}")]
    [InlineData("none")]
    public async Task What_is_no_authority_is_said_to_be_none_and_the_loop_goes_on(string nonsense)
    {
        await using var authority = await Authority.StartAsync(Port);
        authority.Nonsense = nonsense;
        await PutAsync(Issuer(authority), Ingress("web", "a.example"));
        Begin();
        await Eventually.HoldsAsync(() => IsReady() == ConditionStatus.False, "the issuer is said to give none");
        Assert.False(_loop.IsCompleted);
    }

    [Fact]
    public async Task A_Secret_that_somebody_else_has_made_is_left_alone()
    {
        await using var authority = await Authority.StartAsync(Port);
        var own = new Secret { Metadata = new ObjectMeta { Name = "web", Namespace = "default", Uid = "u" }, Type = SecretTypes.Tls, Data = new Dictionary<string, string> { [SecretTypes.TlsChain] = "", [SecretTypes.TlsKey] = "" } };
        await PutAsync(own, Issuer(authority), Ingress("web", "a.example"), Ingress("other", "o.example"));
        Begin();
        await Eventually.HoldsAsync(() => _store.Current.Find<Secret>(Secret.KindName, "default", "other") is not null, "the other one came");
        Assert.Equal(own.Data, _store.Current.Find<Secret>(Secret.KindName, "default", "web")!.Data);
    }

    int Port => new Uri(_edge.Urls.First()).Port;

    void Begin() => _loop = new CertificateLoop(_store, new Spread(_store, new Followers(), null!, new ControlPlaneOptions("s1", new Uri("http://127.0.0.1:1")), _time), _time, NullLogger<CertificateLoop>.Instance)
        .RunAsync(new LeaderWriter(_store, new LeaderClaim(0, _over.Token), _time), _over.Token); // there is no other server to ask

    Task<Secret> SecretAsync() => Eventually.GetAsync(
        () =>
        {
            _time.Advance(TimeSpan.FromMilliseconds(200)); // it waits for the authority
            return _store.Current.Find<Secret>(Secret.KindName, "default", "web");
        },
        "the certificate came");

    ConditionStatus? IsReady() => _store.Current.Find<ClusterIssuer>(ClusterIssuer.KindName, "", "le")?.Status.Conditions.Find(ClusterIssuerStatus.Ready)?.Status;

    async Task PutAsync(params Resource[] resources)
    {
        foreach (var resource in resources)
        {
            Operation operation = _store.Current.Find(resource.Key) is null ? new Create(resource) : new Update(resource);
            Assert.IsType<Applied>(await _store.WriteAsync(new Command(Guid.NewGuid().ToString("N"), DateTimeOffset.UtcNow, "test") { Operations = [operation] }, CancellationToken.None));
        }
    }

    static ClusterIssuer Issuer(Authority authority) => new()
    {
        Metadata = new ObjectMeta { Name = "le", Uid = "le" },
        Spec = new ClusterIssuerSpec { Acme = new AcmeIssuer { Server = authority.Directory, Email = "ops@a.example", CaBundle = authority.CaBundle, PrivateKeySecretRef = new KeyReference { Name = "le-account" } } },
    };

    static Ingress Ingress(string name, params string[] hosts) => new()
    {
        Metadata = new ObjectMeta { Name = name, Namespace = "default", Uid = name, Annotations = new Dictionary<string, string> { [ClusterIssuer.Annotation] = "le" } },
        Spec = new IngressSpec { Tls = [new IngressTls { Hosts = hosts, SecretName = name }], Rules = [] },
    };
}
