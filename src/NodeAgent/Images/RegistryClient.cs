using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;

namespace Orchestrator.NodeAgent.Images;

/// <summary>
/// The pull half of the OCI distribution protocol 1.1, which docker registries speak as well.
/// It hands over bytes; verifying them is the blob store's work.
/// </summary>
sealed class RegistryClient : IDisposable
{
    const int ErrorBytes = 64 * 1024;
    const int Redirects = 5;
    static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(10);

    readonly RegistryOptions _options;
    readonly ImageLimits _limits;
    readonly HttpClient _http;
    readonly RegistryTokens _tokens;

    public RegistryClient(RegistryOptions options, ImageLimits limits, SslClientAuthenticationOptions? tls = null)
    {
        _options = options;
        _limits = limits;
        SocketsHttpHandler handler = new()
        {
            ConnectTimeout = ConnectTimeout,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            MaxAutomaticRedirections = Redirects,
            // Bytes must arrive as they are stored, or their digest is another.
            AutomaticDecompression = DecompressionMethods.None,
        };
        if (tls is not null)
            handler.SslOptions = tls;
        _http = new HttpClient(handler, disposeHandler: true) { Timeout = Timeout.InfiniteTimeSpan };
        _http.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("orch", "0.1"));
        _tokens = new RegistryTokens(_http, options, limits);
    }

    /// <summary>Fetches a manifest or index by tag or digest, with the type the registry says it has.</summary>
    public async Task<(byte[] Content, string? MediaType)> GetManifestAsync(ImageName name, string reference, CancellationToken cancel)
    {
        using var response = await GetAsync(name, $"manifests/{reference}", manifests: true, cancel);
        var content = await BoundedBody.ReadAsync(response, _limits.ManifestBytes, $"manifest of {name}", cancel);
        return (content, response.Content.Headers.ContentType?.MediaType);
    }

    /// <summary>Opens a blob's bytes as they come. The response ends with the stream.</summary>
    public async Task<Stream> OpenBlobAsync(ImageName name, Digest digest, CancellationToken cancel)
    {
        var response = await GetAsync(name, $"blobs/{digest}", manifests: false, cancel);
        return new StallGuard(await response.Content.ReadAsStreamAsync(cancel), _limits.StallTimeout, $"{name.Registry}: blob {digest}");
    }

    async Task<HttpResponseMessage> GetAsync(ImageName name, string what, bool manifests, CancellationToken cancel)
    {
        Uri at = new(_options.BaseOf(name.Registry), $"{name.Repository}/{what}");
        try
        {
            var response = await SendAsync(at, manifests, _tokens.Known(name), cancel);
            if (response.StatusCode == HttpStatusCode.Unauthorized)
            {
                var answer = await _tokens.AnswerAsync(name, response.Headers.WwwAuthenticate, cancel);
                if (answer is not null)
                {
                    response.Dispose();
                    response = await SendAsync(at, manifests, answer, cancel);
                }
            }

            if (response.IsSuccessStatusCode)
                return response;
            using (response)
                throw await RefusalAsync(name, response, cancel);
        }
        catch (HttpRequestException e)
        {
            throw new ImageException(ImageFault.Unreachable, $"image {name}: registry {name.Registry} can't be reached: {Innermost(e)}", e);
        }
        catch (OperationCanceledException e) when (!cancel.IsCancellationRequested)
        {
            throw new ImageException(ImageFault.Unreachable, $"image {name}: registry {name.Registry} did not answer in {_limits.AnswerTimeout.TotalSeconds} s", e);
        }
    }

    async Task<HttpResponseMessage> SendAsync(Uri at, bool manifests, AuthenticationHeaderValue? authorization, CancellationToken cancel)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, at);
        if (manifests)
        {
            foreach (var type in (string[])[MediaTypes.OciManifest, MediaTypes.OciIndex, MediaTypes.DockerManifest, MediaTypes.DockerList])
                request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue(type));
        }

        request.Headers.Authorization = authorization;
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        timeout.CancelAfter(_limits.AnswerTimeout);
        return await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, timeout.Token);
    }

    static async Task<ImageException> RefusalAsync(ImageName name, HttpResponseMessage response, CancellationToken cancel)
    {
        var said = await ReasonAsync(response, cancel);
        return response.StatusCode switch
        {
            HttpStatusCode.NotFound => new ImageException(ImageFault.NotFound, $"image {name} not found: {said}"),
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden =>
                new ImageException(ImageFault.Unauthorized, $"image {name}: registry {name.Registry} refuses: {said}"),
            _ => new ImageException(ImageFault.Unreachable, $"image {name}: registry {name.Registry} answered {(int)response.StatusCode}: {said}"),
        };
    }

    static async Task<string> ReasonAsync(HttpResponseMessage response, CancellationToken cancel)
    {
        try
        {
            var body = await BoundedBody.ReadAsync(response, ErrorBytes, "error answer", cancel);
            var errors = ImageJson.Read(body, ImageJson.Default.RegistryErrors, "error answer").Errors;
            if (errors is { Count: > 0 })
                return string.Join("; ", errors.Select(e => e.Message is { Length: > 0 } message ? message : e.Code));
        }
        catch (ImageException)
        {
            // Not every server explains itself in JSON: its status says enough then.
        }

        return response.ReasonPhrase ?? response.StatusCode.ToString();
    }

    static string Innermost(Exception e) => e.InnerException is { } inner ? Innermost(inner) : e.Message;

    public void Dispose() => _http.Dispose();
}
