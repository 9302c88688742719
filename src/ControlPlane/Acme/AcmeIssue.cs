using System.Buffers.Text;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;

namespace Orchestrator.ControlPlane.Acme;

/// <summary>A certificate as it is stored.</summary>
/// <param name="Chain">PEM, its own first.</param>
/// <param name="Key">PEM (PKCS#8).</param>
sealed record Issued(string Chain, string Key, DateTimeOffset NotBefore, DateTimeOffset NotAfter);

/// <summary>What an authority wants to hear on port 80 of a name.</summary>
sealed record Asked(string Name, string Token, string Answer);

/// <summary>One certificate, from the order to the chain (RFC 8555, section 7.1: the flow).</summary>
sealed class AcmeIssue(AcmeClient client, TimeProvider clock)
{
    const string Http = "http-01";
    const int MostLooks = 90;

    static readonly TimeSpan Pause = TimeSpan.FromSeconds(1), LongestPause = TimeSpan.FromSeconds(30);

    /// <param name="names">What it is for.</param>
    /// <param name="publish">Sees to it that every ingress answers so; the authority looks as soon as this is done.</param>
    /// <exception cref="AcmeException">The authority does not give it.</exception>
    public async Task<Issued> RunAsync(IReadOnlyList<string> names, Func<IReadOnlyList<Asked>, Task> publish, CancellationToken token)
    {
        var made = await client.NewOrderAsync(names, token);
        var place = made.Location ?? throw new AcmeException("the authority does not say where the order is");
        var order = AcmeClient.Parse(made.Text);
        await ShowAsync(order, publish, token);
        order = await AwaitAsync(place, static status => status is "ready" or "valid", token);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        if ((string?)order["status"] != "valid")
        {
            var finalize = (string?)order["finalize"] ?? throw new AcmeException("the order does not say how it is finished");
            await client.PostAsync(finalize, new JsonObject { ["csr"] = Base64Url.EncodeToString(SigningRequest(names, key)) }, token);
            order = await AwaitAsync(place, static status => status == "valid", token);
        }

        var chain = (await client.ReadAsync((string?)order["certificate"] ?? throw new AcmeException("the order has no certificate"), token)).Text;
        return Checked(chain, key);
    }

    async Task ShowAsync(JsonNode order, Func<IReadOnlyList<Asked>, Task> publish, CancellationToken token)
    {
        List<(string Authorization, string Challenge, Asked Asked)> open = [];
        foreach (var place in (order["authorizations"] as JsonArray ?? []).Select(each => (string?)each).OfType<string>())
        {
            var authorization = AcmeClient.Parse((await client.ReadAsync(place, token)).Text);
            if ((string?)authorization["status"] == "valid") continue; // shown not long ago
            var name = (string?)authorization["identifier"]?["value"] ?? "";
            var challenge = (authorization["challenges"] as JsonArray ?? []).FirstOrDefault(each => (string?)each?["type"] == Http) ?? throw new AcmeException($"the authority takes no answer over HTTP for {name}");
            var (word, url) = ((string?)challenge["token"], (string?)challenge["url"]);
            if (word is null || url is null || !word.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_')) throw new AcmeException($"the authority's challenge for {name} can't be understood");
            open.Add((place, url, new Asked(name, word, client.AnswerTo(word))));
        }

        if (open.Count == 0) return;
        await publish([.. open.Select(each => each.Asked)]);
        foreach (var (_, challenge, _) in open) await client.PostAsync(challenge, [], token);
        foreach (var (authorization, _, asked) in open) await AwaitAsync(authorization, static status => status == "valid", token, asked.Name);
    }

    async Task<JsonNode> AwaitAsync(string place, Func<string?, bool> isThere, CancellationToken token, string? name = null)
    {
        for (var look = 0; look < MostLooks; look++)
        {
            var answer = await client.ReadAsync(place, token);
            var json = AcmeClient.Parse(answer.Text);
            var status = (string?)json["status"];
            if (isThere(status)) return json;
            if (status is "invalid" or "deactivated" or "expired" or "revoked") throw new AcmeException($"{(name is null ? "the order" : name)} is {status}{WhyOf(json)}");
            var pause = answer.RetryAfter is { } asked && asked > TimeSpan.Zero ? asked : Pause;
            await Task.Delay(pause < LongestPause ? pause : LongestPause, clock, token);
        }

        throw new AcmeException($"the authority does not come to a decision about {name ?? "the order"}");
    }

    static string WhyOf(JsonNode json)
    {
        var error = json["error"] ?? (json["challenges"] as JsonArray)?.Select(each => each?["error"]).FirstOrDefault(each => each is not null);
        return AcmeClient.ProblemOf(error) is { } said ? $": {said}" : "";
    }

    static byte[] SigningRequest(IReadOnlyList<string> names, ECDsa key)
    {
        var request = new CertificateRequest("", key, HashAlgorithmName.SHA256);
        var all = new SubjectAlternativeNameBuilder();
        foreach (var name in names) all.AddDnsName(name);
        request.CertificateExtensions.Add(all.Build());
        return request.CreateSigningRequest();
    }

    // What comes is for our key, or it is of no use to any ingress.
    static Issued Checked(string chain, ECDsa key)
    {
        try
        {
            using var certificate = X509Certificate2.CreateFromPem(chain);
            using var both = certificate.CopyWithPrivateKey(key);
            return new Issued(chain, key.ExportPkcs8PrivateKeyPem(), certificate.NotBefore.ToUniversalTime(), certificate.NotAfter.ToUniversalTime());
        }
        catch (Exception bad) when (bad is CryptographicException or ArgumentException)
        {
            throw new AcmeException($"the certificate that came is of no use: {bad.Message}");
        }
    }
}
