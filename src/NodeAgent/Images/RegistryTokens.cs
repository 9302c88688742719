using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Text;

namespace Orchestrator.NodeAgent.Images;

/// <summary>
/// Answers a registry's challenge: basic credentials, or a bearer token fetched from the realm it names
/// (distribution specification, "Token Authentication"). Tokens are kept per host and repository.
/// </summary>
sealed class RegistryTokens(HttpClient http, RegistryOptions options, ImageLimits limits)
{
    const int TokenBytes = 64 * 1024;

    readonly ConcurrentDictionary<(string Host, string Repository), AuthenticationHeaderValue> _known = new();

    public AuthenticationHeaderValue? Known(ImageName name) => _known.GetValueOrDefault((name.Registry, name.Repository));

    /// <summary>Gets what the challenge asks for. Null: we have nothing to answer with.</summary>
    public async Task<AuthenticationHeaderValue?> AnswerAsync(ImageName name, HttpHeaderValueCollection<AuthenticationHeaderValue> challenges, CancellationToken cancel)
    {
        var credential = options.Credentials.GetValueOrDefault(name.Registry);
        foreach (var header in challenges)
        {
            var challenge = AuthChallenge.Parse(header.Scheme, header.Parameter);
            AuthenticationHeaderValue? answer = null;
            if (challenge.Scheme.Equals("Bearer", StringComparison.OrdinalIgnoreCase))
                answer = await FetchTokenAsync(name, challenge, credential, cancel);
            else if (challenge.Scheme.Equals("Basic", StringComparison.OrdinalIgnoreCase) && credential is not null)
                answer = Basic(credential);
            if (answer is not null)
                return _known[(name.Registry, name.Repository)] = answer;
        }

        return null;
    }

    async Task<AuthenticationHeaderValue?> FetchTokenAsync(ImageName name, AuthChallenge challenge, RegistryCredential? credential, CancellationToken cancel)
    {
        if (!challenge.Parameters.TryGetValue("realm", out var realm) || !Uri.TryCreate(realm, UriKind.Absolute, out var at))
            return null;
        // A password never travels in plain text because a registry said so.
        if (at.Scheme != Uri.UriSchemeHttps && !(at.Scheme == Uri.UriSchemeHttp && options.IsPlain(at.Authority)))
            throw new ImageException(ImageFault.Unauthorized, $"registry {name.Registry} names a token server without TLS: {at.Authority}");

        StringBuilder query = new(at.Query.TrimStart('?'));
        Append(query, "service", challenge.Parameters.GetValueOrDefault("service"));
        Append(query, "scope", challenge.Parameters.GetValueOrDefault("scope") ?? $"repository:{name.Repository}:pull");
        using HttpRequestMessage request = new(HttpMethod.Get, new UriBuilder(at) { Query = query.ToString() }.Uri);
        if (credential is not null)
            request.Headers.Authorization = Basic(credential);

        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        timeout.CancelAfter(limits.AnswerTimeout);
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, timeout.Token);
        if (!response.IsSuccessStatusCode)
            throw new ImageException(ImageFault.Unauthorized, $"token server {at.Authority} answered {(int)response.StatusCode} for {name.Registry}/{name.Repository}");
        var body = await BoundedBody.ReadAsync(response, TokenBytes, "token answer", timeout.Token);
        var answer = ImageJson.Read(body, ImageJson.Default.TokenAnswer, "token answer");
        var token = answer.Token ?? answer.AccessToken;
        return string.IsNullOrEmpty(token) ? null : new AuthenticationHeaderValue("Bearer", token);
    }

    static void Append(StringBuilder query, string name, string? value)
    {
        if (value is not null)
            query.Append(query.Length > 0 ? "&" : "").Append(name).Append('=').Append(Uri.EscapeDataString(value));
    }

    static AuthenticationHeaderValue Basic(RegistryCredential credential) =>
        new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{credential.Username}:{credential.Password}")));
}
