using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Orchestrator.NodeAgent.Tests.Images;

/// <summary>
/// A registry that can misbehave and ask for credentials: what the real one does not do on request.
/// </summary>
sealed class TestRegistry : IAsyncDisposable
{
    const string Token = "secret-token";
    readonly WebApplication _app;
    readonly Dictionary<string, byte[]> _blobs = [];
    readonly Dictionary<string, (byte[] Content, string Type)> _manifests = [];

    TestRegistry(WebApplication app) => _app = app;

    public string Host => new Uri(_app.Urls.First()).Authority;

    /// <summary>None, Basic or Bearer.</summary>
    public string Authentication { get; set; } = "None";

    public ConcurrentQueue<string> Requests { get; } = new();

    public static async Task<TestRegistry> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        TestRegistry registry = new(app);
        app.Run(registry.AnswerAsync);
        await app.StartAsync();
        return registry;
    }

    /// <summary>Puts an image up under a reference; hands back its manifest's digest.</summary>
    public string Put(string reference, ImageBuilder image)
    {
        var manifest = image.Manifest(_blobs);
        return PutManifest(reference, manifest, "application/vnd.oci.image.manifest.v1+json");
    }

    public string PutManifest(string reference, byte[] manifest, string type)
    {
        var digest = ImageBuilder.DigestOf(manifest);
        _manifests[reference] = _manifests[digest] = (manifest, type);
        return digest;
    }

    /// <summary>Flips one bit in every blob it serves from now on.</summary>
    public void DamageBlobs()
    {
        foreach (var digest in _blobs.Keys.ToList())
        {
            byte[] damaged = [.. _blobs[digest]];
            damaged[damaged.Length / 2] ^= 1;
            _blobs[digest] = damaged;
        }
    }

    /// <summary>Serves another manifest under the same digest.</summary>
    public void ReplaceManifest(string digest, byte[] content) => _manifests[digest] = (content, _manifests[digest].Type);

    async Task AnswerAsync(HttpContext context)
    {
        var path = context.Request.Path.Value!;
        Requests.Enqueue(path);
        if (path == "/token")
            await TokenAsync(context);
        else if (!IsAllowed(context))
            Challenge(context);
        else if (path.Contains("/manifests/", StringComparison.Ordinal) && _manifests.TryGetValue(path[(path.LastIndexOf('/') + 1)..], out var manifest))
            await SendAsync(context, manifest.Content, manifest.Type);
        else if (path.Contains("/blobs/", StringComparison.Ordinal) && _blobs.TryGetValue(path[(path.LastIndexOf('/') + 1)..], out var blob))
            await SendAsync(context, blob, "application/octet-stream");
        else
            await NotFoundAsync(context);
    }

    bool IsAllowed(HttpContext context) => Authentication switch
    {
        "Basic" => context.Request.Headers.Authorization == "Basic " + Convert.ToBase64String("user:pass"u8),
        "Bearer" => context.Request.Headers.Authorization == "Bearer " + Token,
        _ => true,
    };

    void Challenge(HttpContext context)
    {
        context.Response.StatusCode = 401;
        context.Response.Headers.WWWAuthenticate = Authentication == "Basic"
            ? "Basic realm=\"test\""
            : $"Bearer realm=\"http://{Host}/token\",service=\"a, \\\"quoted\\\" service\",scope=\"repository:web:pull\"";
    }

    async Task TokenAsync(HttpContext context)
    {
        var right = context.Request.Query["service"] == "a, \"quoted\" service" && context.Request.Query["scope"] == "repository:web:pull"
            && context.Request.Headers.Authorization == "Basic " + Convert.ToBase64String("user:pass"u8);
        context.Response.StatusCode = right ? 200 : 401;
        await SendAsync(context, Encoding.UTF8.GetBytes($$"""{"token":"{{(right ? Token : "")}}"}"""), "application/json");
    }

    static Task NotFoundAsync(HttpContext context)
    {
        context.Response.StatusCode = 404;
        return SendAsync(context, """{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}"""u8.ToArray(), "application/json");
    }

    static async Task SendAsync(HttpContext context, byte[] content, string type)
    {
        context.Response.ContentType = type;
        await context.Response.Body.WriteAsync(content);
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
