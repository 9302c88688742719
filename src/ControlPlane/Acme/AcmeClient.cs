using System.Buffers.Text;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Orchestrator.ControlPlane.Acme;

/// <summary>An authority does not give what it is asked for, or says what can't be understood.</summary>
sealed class AcmeException(string message) : Exception(message);

/// <summary>
/// An account with an authority, and signed requests to it (RFC 8555; signatures by RFC 7515 with ES256). One caller at a time.
/// </summary>
/// <param name="http">Whose certificates it trusts is its maker's business.</param>
/// <param name="directory">Where the authority says where everything is.</param>
/// <param name="key">The account's.</param>
sealed class AcmeClient(HttpClient http, Uri directory, ECDsa key)
{
    const int MostNonces = 3;
    const string BadNonce = "urn:ietf:params:acme:error:badNonce";

    JsonNode _directory = new JsonObject();
    string? _account;
    string? _nonce;

    /// <summary>Looks the authority up and makes the account, or finds it.</summary>
    /// <exception cref="AcmeException">The authority refuses.</exception>
    public async Task OpenAsync(string? email, CancellationToken token)
    {
        using var answer = await http.GetAsync(directory, token);
        if (!answer.IsSuccessStatusCode) throw new AcmeException($"{directory} answers {(int)answer.StatusCode}");
        _directory = Parse(await answer.Content.ReadAsStringAsync(token));
        var payload = new JsonObject { ["termsOfServiceAgreed"] = true };
        if (email is not null) payload["contact"] = new JsonArray($"mailto:{email}");
        var made = await PostAsync(Place("newAccount"), payload, token);
        _account = made.Location ?? throw new AcmeException("the authority does not say where the account is");
    }

    /// <summary>What is to be found under the path of a token (RFC 8555, section 8.1): the token and the digest of the account's key.</summary>
    public string AnswerTo(string token) => $"{token}.{Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(PublicKey().ToJsonString())))}";

    public Task<AcmeAnswer> NewOrderAsync(IEnumerable<string> names, CancellationToken token) => PostAsync(
        Place("newOrder"), new JsonObject { ["identifiers"] = new JsonArray([.. names.Select(name => new JsonObject { ["type"] = "dns", ["value"] = name })]) }, token);

    /// <summary>Reads something that only the account may (RFC 8555, section 6.3).</summary>
    public Task<AcmeAnswer> ReadAsync(string place, CancellationToken token) => PostAsync(place, null, token);

    public async Task<AcmeAnswer> PostAsync(string place, JsonObject? payload, CancellationToken token)
    {
        for (var attempt = 1; ; attempt++)
        {
            var nonce = _nonce ?? await NonceAsync(token);
            _nonce = null;
            var head = new JsonObject { ["alg"] = "ES256", ["nonce"] = nonce, ["url"] = place };
            if (_account is null) head["jwk"] = PublicKey();
            else head["kid"] = _account;
            var (protectedPart, body) = (Encoded(head), payload is null ? "" : Encoded(payload));
            var signature = key.SignData(Encoding.ASCII.GetBytes($"{protectedPart}.{body}"), HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
            var signed = new JsonObject { ["protected"] = protectedPart, ["payload"] = body, ["signature"] = Base64Url.EncodeToString(signature) };
            using var content = new StringContent(signed.ToJsonString());
            content.Headers.ContentType = new MediaTypeHeaderValue("application/jose+json"); // without a charset, which the specification does not have
            using var answer = await http.PostAsync(Checked(place), content, token);
            _nonce = Header(answer, "Replay-Nonce");
            var text = await answer.Content.ReadAsStringAsync(token);
            if (answer.IsSuccessStatusCode) return new AcmeAnswer(text, answer.Headers.Location?.ToString(), answer.Headers.RetryAfter?.Delta);
            var problem = TryParse(text);
            if ((string?)problem?["type"] == BadNonce && attempt < MostNonces) continue;
            throw new AcmeException(ProblemOf(problem) is { } said ? said : $"{place} answers {(int)answer.StatusCode}");
        }
    }

    /// <summary>What the authority says in words (RFC 9457), its parts as well.</summary>
    public static string? ProblemOf(JsonNode? problem)
    {
        if ((string?)problem?["detail"] is not { } detail) return (string?)problem?["type"];
        var parts = problem["subproblems"] is JsonArray list ? list.Select(part => (string?)part?["detail"]).OfType<string>().ToList() : [];
        return parts.Count == 0 ? detail : $"{detail} ({string.Join("; ", parts)})";
    }

    public static JsonNode Parse(string text) => TryParse(text) ?? throw new AcmeException("the authority does not answer in JSON");

    async Task<string> NonceAsync(CancellationToken token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Head, Checked(Place("newNonce")));
        using var answer = await http.SendAsync(request, token);
        return Header(answer, "Replay-Nonce") ?? throw new AcmeException("the authority gives no nonce");
    }

    string Place(string name) => (string?)_directory[name] ?? throw new AcmeException($"the authority's directory has no {name}");

    // What the authority names is spoken to as the authority is.
    Uri Checked(string place) => Uri.TryCreate(place, UriKind.Absolute, out var uri) && uri.Scheme == directory.Scheme ? uri : throw new AcmeException($"the authority names {place}, which is no {directory.Scheme} address");

    // In the order and without the blanks that the digest wants (RFC 7638).
    JsonObject PublicKey()
    {
        var point = key.ExportParameters(includePrivateParameters: false).Q;
        return new JsonObject { ["crv"] = "P-256", ["kty"] = "EC", ["x"] = Base64Url.EncodeToString(point.X), ["y"] = Base64Url.EncodeToString(point.Y) };
    }

    static string Encoded(JsonObject json) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json.ToJsonString()));

    static string? Header(HttpResponseMessage answer, string name) => answer.Headers.TryGetValues(name, out var values) ? values.First() : null;

    static JsonNode? TryParse(string text)
    {
        try
        {
            return JsonNode.Parse(text);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <param name="Text">The body.</param>
/// <param name="Location">Where what was made is.</param>
/// <param name="RetryAfter">When it is worth asking again.</param>
sealed record AcmeAnswer(string Text, string? Location, TimeSpan? RetryAfter);
