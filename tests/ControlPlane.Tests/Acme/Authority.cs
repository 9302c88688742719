using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Orchestrator.ControlPlane.Tests.Acme;

/// <summary>
/// A double of an ACME server, by the messages of RFC 8555: it checks signatures, nonces and addresses, looks at port 80 of the names (here another port of this machine) for the answers, and signs
/// what it is asked to. No real one comes from a registry that tests may use.
/// </summary>
sealed class Authority : IAsyncDisposable
{
    readonly WebApplication _app;
    readonly X509Certificate2 _root;
    readonly HttpClient _eyes = new();
    readonly ConcurrentDictionary<string, bool> _nonces = new();
    readonly ConcurrentDictionary<string, ECDsa> _accounts = new();
    readonly ConcurrentDictionary<string, Order> _orders = new();
    int _last;
    int _refusals;

    Authority(WebApplication app, X509Certificate2 root) => (_app, _root) = (app, root);

    sealed class Order
    {
        public required string[] Names { get; init; }
        public ConcurrentDictionary<int, string?> Failed { get; } = new(); // by name; null for shown
        public string? Chain { get; set; }
    }

    public string Directory => $"{_app.Urls.First()}/directory";

    /// <summary>Its own root, as caBundle has it.</summary>
    public string CaBundle => Convert.ToBase64String(Encoding.UTF8.GetBytes(_root.ExportCertificatePem()));

    public X509Certificate2 Root => _root;

    /// <summary>Where it looks, in place of port 80.</summary>
    public required int LooksAt { get; init; }

    /// <summary>Whether the first request with each signature is told that its nonce is no good.</summary>
    public bool RefusesNonces { get; init; }

    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>What it says in place of its directory.</summary>
    public string? Nonsense { get; set; }

    public int Orders => _orders.Count;

    public int Accounts => _accounts.Count;

    public static async Task<Authority> StartAsync(int looksAt, bool refusesNonces = false, TimeProvider? clock = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=double", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using var made = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(365));
        var root = X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(root)));
        var app = builder.Build();
        var authority = new Authority(app, root) { LooksAt = looksAt, RefusesNonces = refusesNonces, Clock = clock ?? TimeProvider.System };
        app.MapGet("/directory", authority.DescribeAsync);
        app.MapMethods("/nonce", ["HEAD"], context =>
        {
            authority.GiveNonce(context);
            return Task.CompletedTask;
        });
        app.MapPost("/{*what}", authority.AnswerAsync);
        await app.StartAsync();
        return authority;
    }

    public async ValueTask DisposeAsync()
    {
        _eyes.Dispose();
        await _app.DisposeAsync();
        _root.Dispose();
    }

    string Base => _app.Urls.First();

    Task DescribeAsync(HttpContext context) => context.Response.WriteAsync(
        Nonsense ?? new JsonObject { ["newNonce"] = $"{Base}/nonce", ["newAccount"] = $"{Base}/account", ["newOrder"] = $"{Base}/order", ["meta"] = new JsonObject { ["termsOfService"] = "https://terms.example" } }.ToJsonString());

    void GiveNonce(HttpContext context)
    {
        var nonce = Guid.NewGuid().ToString("N");
        _nonces[nonce] = true;
        context.Response.Headers["Replay-Nonce"] = nonce;
    }

    async Task AnswerAsync(HttpContext context)
    {
        GiveNonce(context);
        if (context.Request.ContentType != "application/jose+json")
        {
            await RefuseAsync(context, 415, "malformed", "the content is no signed message");
            return;
        }

        var message = (await JsonNode.ParseAsync(context.Request.Body))!;
        var head = JsonNode.Parse(Decoded((string)message["protected"]!))!;
        var url = $"{Base}{context.Request.Path}";
        if ((string?)head["nonce"] is not { } nonce || !_nonces.TryRemove(nonce, out _) || (RefusesNonces && Interlocked.Increment(ref _refusals) % 2 == 1))
        {
            await RefuseAsync(context, 400, "badNonce", "the nonce is no good");
            return;
        }

        var account = (string?)head["kid"];
        using var own = account is null && head["jwk"] is { } jwk
            ? ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = new ECPoint { X = Base64Url.DecodeFromChars((string)jwk["x"]!), Y = Base64Url.DecodeFromChars((string)jwk["y"]!) } })
            : null;
        var key = account is not null ? _accounts.GetValueOrDefault(account) : own;
        var signed = Encoding.ASCII.GetBytes($"{message["protected"]}.{message["payload"]}");
        if ((string?)head["alg"] != "ES256" || (string?)head["url"] != url || key is null || !key.VerifyData(signed, Base64Url.DecodeFromChars((string)message["signature"]!), HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation))
        {
            await RefuseAsync(context, 401, "unauthorized", "the signature does not hold");
            return;
        }

        var text = Decoded((string)message["payload"]!);
        var payload = text.Length == 0 ? null : JsonNode.Parse(text);
        await (context.Request.Path.Value!.Split('/')[1..] switch
        {
            ["account"] => MakeAccountAsync(context, key.ExportParameters(false)),
            ["order"] => MakeOrderAsync(context, payload!),
            ["order", var id] => ShowAsync(context, OrderJson(id)),
            ["authorization", var id, var number] => ShowAsync(context, AuthorizationJson(id, int.Parse(number))),
            ["challenge", var id, var number] => LookAsync(context, id, int.Parse(number), key),
            ["finalize", var id] => SignAsync(context, id, (string)payload!["csr"]!),
            ["certificate", var id] => context.Response.WriteAsync(_orders[id].Chain!),
            _ => RefuseAsync(context, 404, "malformed", "there is nothing here"),
        });
    }

    async Task MakeAccountAsync(HttpContext context, ECParameters key)
    {
        var known = _accounts.FirstOrDefault(each => each.Value.ExportParameters(false).Q.X.AsSpan().SequenceEqual(key.Q.X)).Key;
        var place = known ?? $"{Base}/account/{Interlocked.Increment(ref _last)}";
        _accounts.TryAdd(place, ECDsa.Create(key));
        context.Response.StatusCode = known is null ? 201 : 200;
        context.Response.Headers.Location = place;
        await context.Response.WriteAsync("""{"status":"valid"}""");
    }

    async Task MakeOrderAsync(HttpContext context, JsonNode payload)
    {
        var id = $"{Interlocked.Increment(ref _last)}";
        _orders[id] = new Order { Names = [.. payload["identifiers"]!.AsArray().Select(each => (string)each!["value"]!)] };
        context.Response.StatusCode = 201;
        context.Response.Headers.Location = $"{Base}/order/{id}";
        await context.Response.WriteAsync(OrderJson(id).ToJsonString());
    }

    static Task ShowAsync(HttpContext context, JsonObject json) => context.Response.WriteAsync(json.ToJsonString());

    JsonObject OrderJson(string id)
    {
        var order = _orders[id];
        var shown = order.Names.Index().All(each => order.Failed.TryGetValue(each.Index, out var why) && why is null);
        var status = order.Chain is not null ? "valid" : order.Failed.Values.Any(why => why is not null) ? "invalid" : shown ? "ready" : "pending";
        var json = new JsonObject
        {
            ["status"] = status, ["finalize"] = $"{Base}/finalize/{id}", ["authorizations"] = new JsonArray([.. order.Names.Index().Select(each => (JsonNode)$"{Base}/authorization/{id}/{each.Index}")]),
        };
        if (order.Chain is not null) json["certificate"] = $"{Base}/certificate/{id}";
        return json;
    }

    JsonObject AuthorizationJson(string id, int number)
    {
        var order = _orders[id];
        var looked = order.Failed.TryGetValue(number, out var why);
        var challenge = new JsonObject { ["type"] = "http-01", ["url"] = $"{Base}/challenge/{id}/{number}", ["token"] = TokenOf(id, number), ["status"] = !looked ? "pending" : why is null ? "valid" : "invalid" };
        if (why is not null) challenge["error"] = new JsonObject { ["type"] = "urn:ietf:params:acme:error:unauthorized", ["detail"] = why };
        return new JsonObject
        {
            ["status"] = !looked ? "pending" : why is null ? "valid" : "invalid", ["identifier"] = new JsonObject { ["type"] = "dns", ["value"] = order.Names[number] },
            ["challenges"] = new JsonArray(new JsonObject { ["type"] = "dns-01", ["url"] = $"{Base}/no", ["token"] = "x" }, challenge),
        };
    }

    static string TokenOf(string id, int number) => $"token-{id}_{number}";

    async Task LookAsync(HttpContext context, string id, int number, ECDsa account)
    {
        var order = _orders[id];
        var token = TokenOf(id, number);
        using var look = new HttpRequestMessage(HttpMethod.Get, $"http://127.0.0.1:{LooksAt}/.well-known/acme-challenge/{token}");
        look.Headers.Host = order.Names[number];
        string said;
        try
        {
            using var heard = await _eyes.SendAsync(look);
            said = heard.IsSuccessStatusCode ? await heard.Content.ReadAsStringAsync() : $"{(int)heard.StatusCode}";
        }
        catch (HttpRequestException)
        {
            said = "nothing";
        }

        var point = account.ExportParameters(false).Q;
        var print = Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes($$"""{"crv":"P-256","kty":"EC","x":"{{Base64Url.EncodeToString(point.X)}}","y":"{{Base64Url.EncodeToString(point.Y)}}"}""")));
        order.Failed[number] = said == $"{token}.{print}" ? null : $"{order.Names[number]} answers {said}";
        await ShowAsync(context, (JsonObject)AuthorizationJson(id, number)["challenges"]![1]!.DeepClone());
    }

    async Task SignAsync(HttpContext context, string id, string csr)
    {
        var order = _orders[id];
        var request = CertificateRequest.LoadSigningRequest(Base64Url.DecodeFromChars(csr), HashAlgorithmName.SHA256, CertificateRequestLoadOptions.UnsafeLoadCertificateExtensions);
        var names = request.CertificateExtensions.OfType<X509SubjectAlternativeNameExtension>().Single().EnumerateDnsNames().Order(StringComparer.Ordinal);
        if (!names.SequenceEqual(order.Names.Order(StringComparer.Ordinal)))
        {
            await RefuseAsync(context, 403, "badCSR", "the request is for other names than the order");
            return;
        }

        using var made = request.Create(_root, Clock.GetUtcNow().AddHours(-1), Clock.GetUtcNow().AddDays(90), Guid.NewGuid().ToByteArray());
        order.Chain = $"{made.ExportCertificatePem()}\n{_root.ExportCertificatePem()}\n";
        await ShowAsync(context, OrderJson(id));
    }

    static async Task RefuseAsync(HttpContext context, int status, string type, string detail)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/problem+json";
        await context.Response.WriteAsync(new JsonObject { ["type"] = $"urn:ietf:params:acme:error:{type}", ["detail"] = detail }.ToJsonString());
    }

    static string Decoded(string text) => Encoding.UTF8.GetString(Base64Url.DecodeFromChars(text));
}
