using System.Globalization;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.Extensions.Logging;
using Orchestrator.ControlPlane.Controllers;
using Orchestrator.ControlPlane.Network;
using Orchestrator.ControlPlane.Store;
using Orchestrator.Model.Certificates;
using Orchestrator.Model.Configuration;
using Orchestrator.Model.Meta;
using Orchestrator.Model.Services;
using Orchestrator.Model.State;
using Orchestrator.Reconcile.Certificates;

namespace Orchestrator.ControlPlane.Acme;

/// <summary>
/// Asks authorities for the certificates of Ingresses and renews them in time, while this server leads. What an authority wants to hear is an object like any other, which the ingresses are told
/// of with their routes; it is asked to look when all of them know it.
/// </summary>
sealed partial class CertificateLoop(ClusterStore store, Spread spread, TimeProvider clock, ILogger<CertificateLoop> log)
{
    const string Author = "certificates";
    const int MostAnswerBytes = 1 << 20;

    /// <summary>Before an authority is asked again for what it did not give, doubled each time: authorities count failures, and shut out who has many.</summary>
    static readonly TimeSpan FirstPause = TimeSpan.FromMinutes(1), LongestPause = TimeSpan.FromHours(6);

    /// <summary>A timer can't be set for months.</summary>
    static readonly TimeSpan LongestLook = TimeSpan.FromDays(1);

    static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(30), SpreadTimeout = TimeSpan.FromSeconds(30);

    public async Task RunAsync(LeaderWriter writer, CancellationToken token)
    {
        Dictionary<CertificateOrder, (DateTimeOffset Until, TimeSpan Pause)> asked = [];
        await ForgetAsync(store.Current.All<Challenge>(Challenge.KindName).Select(each => each.Key).ToList(), writer, token); // of a leader before
        while (true)
        {
            var (state, now) = (store.Current, clock.GetUtcNow());
            var (due, next) = CertificateOrders.Due(state, now);
            foreach (var gone in asked.Keys.Where(order => !due.Any(each => Same(each, order))).ToList()) asked.Remove(gone);
            foreach (var order in due)
            {
                var known = asked.Keys.FirstOrDefault(each => Same(each, order));
                if (known is not null && asked[known].Until > now) continue;
                await TryIssueAsync(order, writer, token);
                // Also after one that came: if it is due again at once, something is wrong with it, and the authority must not be asked without end.
                var pause = known is null ? FirstPause : TimeSpan.FromTicks(Math.Min(asked[known].Pause.Ticks * 2, LongestPause.Ticks));
                asked[known ?? order] = (clock.GetUtcNow() + pause, pause);
            }

            await AwaitAsync(state.Revision, asked.Values.Select(each => (DateTimeOffset?)each.Until).Append(next).Min(), token);
        }
    }

    static bool Same(CertificateOrder left, CertificateOrder right) => left.Name == right.Name && left.Issuer == right.Issuer && left.Hosts.SequenceEqual(right.Hosts, StringComparer.Ordinal);

    async Task AwaitAsync(long revision, DateTimeOffset? until, CancellationToken token)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(token);
        var left = until is { } time ? TimeSpan.FromTicks(Math.Clamp((time - clock.GetUtcNow()).Ticks, 0, LongestLook.Ticks)) : LongestLook;
        using var timer = clock.CreateTimer(static source => ((CancellationTokenSource)source!).Cancel(), limit, left, Timeout.InfiniteTimeSpan);
        try
        {
            await store.ChangeAsync(revision, static change => change.Key.Kind is Ingress.KindName or ClusterIssuer.KindName or Secret.KindName, limit.Token);
        }
        catch (OperationCanceledException) when (!token.IsCancellationRequested)
        {
            // Something is due.
        }
    }

    async Task TryIssueAsync(CertificateOrder order, LeaderWriter writer, CancellationToken token)
    {
        try
        {
            await IssueAsync(order, writer, token);
            Came(order.Name, string.Join(", ", order.Hosts), order.Issuer);
            await ReportAsync(order.Issuer, ConditionStatus.True, "Issued", $"{order.Name} for {string.Join(", ", order.Hosts)}", writer, token);
        }
        // An authority that answers in JSON of another shape is an InvalidOperationException of whoever reads it.
        catch (Exception failure) when (failure is AcmeException or HttpRequestException or StoreUnavailableException or CryptographicException or FormatException or InvalidOperationException || (failure is OperationCanceledException && !token.IsCancellationRequested))
        {
            NotCame(order.Name, order.Issuer, failure.Message);
            await ReportAsync(order.Issuer, ConditionStatus.False, "NotIssued", $"{order.Name}: {failure.Message}", writer, token);
        }
    }

    async Task IssueAsync(CertificateOrder order, LeaderWriter writer, CancellationToken token)
    {
        var acme = store.Current.Find<ClusterIssuer>(ClusterIssuer.KindName, "", order.Issuer)?.Spec.Acme ?? throw new AcmeException($"issuer {order.Issuer} has gone");
        using var key = await AccountKeyAsync(acme, writer, token);
        using var http = Client(acme);
        var client = new AcmeClient(http, new Uri(acme.Server), key);
        await client.OpenAsync(acme.Email, token);
        List<ResourceKey> shown = [];
        try
        {
            var issued = await new AcmeIssue(client, clock).RunAsync(order.Hosts, asked => PublishAsync(order, asked, shown, writer, token), token);
            await StoreAsync(order, issued, writer, token);
        }
        finally
        {
            await ForgetAsync(shown, writer, token);
        }
    }

    async Task PublishAsync(CertificateOrder order, IReadOnlyList<Asked> asked, List<ResourceKey> shown, LeaderWriter writer, CancellationToken token)
    {
        List<Challenge> challenges =
        [
            .. asked.Select(each => (Asked: each, Uid: Guid.NewGuid().ToString())).Select(each => new Challenge
            {
                Metadata = new ObjectMeta { Name = $"{order.SecretName}-{each.Uid[..8]}", Namespace = order.Namespace, Uid = each.Uid },
                Spec = new ChallengeSpec { DnsName = each.Asked.Name, Token = each.Asked.Token, Key = each.Asked.Answer },
            }),
        ];
        if (await writer.WriteAsync([.. challenges.Select(each => new Create(each))], Author, token) is not Applied applied) throw new AcmeException("the challenges could not be stored");
        shown.AddRange(challenges.Select(each => each.Key));
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(token);
        limit.CancelAfter(SpreadTimeout);
        await spread.WaitAsync(applied.Revision, limit.Token);
    }

    static async Task ForgetAsync(IReadOnlyList<ResourceKey> challenges, LeaderWriter writer, CancellationToken token)
    {
        try
        {
            foreach (var each in challenges) await writer.WriteAsync([new Delete(each)], Author, token); // of one that has gone meanwhile nothing is left to do
        }
        catch (StoreUnavailableException)
        {
            // They do no harm, and the next leader forgets them.
        }
    }

    async Task StoreAsync(CertificateOrder order, Issued issued, LeaderWriter writer, CancellationToken token)
    {
        var present = store.Current.Find<Secret>(Secret.KindName, order.Namespace, order.SecretName);
        var secret = new Secret
        {
            Metadata = new ObjectMeta
            {
                Name = order.SecretName, Namespace = order.Namespace, Uid = present?.Metadata.Uid ?? Guid.NewGuid().ToString(), ResourceVersion = present?.Metadata.ResourceVersion,
                Labels = present?.Metadata.Labels ?? new Dictionary<string, string>(),
                Annotations = new Dictionary<string, string>(present?.Metadata.Annotations ?? new Dictionary<string, string>())
                {
                    [ClusterIssuer.Annotation] = order.Issuer,
                    [CertificateOrders.Names] = string.Join(',', order.Hosts),
                    [CertificateOrders.NotBefore] = issued.NotBefore.ToString("O", CultureInfo.InvariantCulture),
                    [CertificateOrders.NotAfter] = issued.NotAfter.ToString("O", CultureInfo.InvariantCulture),
                },
            },
            Type = SecretTypes.Tls,
            Data = new Dictionary<string, string> { [SecretTypes.TlsChain] = Base64(issued.Chain), [SecretTypes.TlsKey] = Base64(issued.Key) },
        };
        var result = await writer.WriteAsync([present is null ? new Create(secret) : new Update(secret)], Author, token);
        if (result is not Applied) throw new AcmeException("somebody else has written the Secret meanwhile");
    }

    async Task<ECDsa> AccountKeyAsync(AcmeIssuer acme, LeaderWriter writer, CancellationToken token)
    {
        var name = acme.PrivateKeySecretRef.Name;
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        if (store.Current.Find<Secret>(Secret.KindName, Namespace.Default, name) is { } kept)
        {
            if (!kept.Data.TryGetValue(SecretTypes.TlsKey, out var text)) throw new AcmeException($"Secret {Namespace.Default}/{name} has no {SecretTypes.TlsKey} for the account's key");
            try
            {
                key.ImportFromPem(Encoding.UTF8.GetString(Convert.FromBase64String(text)));
            }
            catch (ArgumentException)
            {
                throw new AcmeException($"Secret {Namespace.Default}/{name} holds no key of an elliptic curve");
            }

            return key.KeySize == 256 ? key : throw new AcmeException($"Secret {Namespace.Default}/{name} holds no key of the curve P-256");
        }

        var secret = new Secret
        {
            Metadata = new ObjectMeta { Name = name, Namespace = Namespace.Default, Uid = Guid.NewGuid().ToString() },
            Data = new Dictionary<string, string> { [SecretTypes.TlsKey] = Base64(key.ExportPkcs8PrivateKeyPem()) },
        };
        return await writer.WriteAsync([new Create(secret)], Author, token) is Applied ? key : throw new AcmeException("the account's key could not be stored");
    }

    static HttpClient Client(AcmeIssuer acme)
    {
        var handler = new SocketsHttpHandler { AllowAutoRedirect = false };
        if (acme.CaBundle is { } bundle)
        {
            var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            policy.CustomTrustStore.ImportFromPem(Encoding.UTF8.GetString(Convert.FromBase64String(bundle)));
            handler.SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = policy };
        }

        var client = new HttpClient(handler) { Timeout = RequestTimeout, MaxResponseContentBufferSize = MostAnswerBytes };
        client.DefaultRequestHeaders.UserAgent.ParseAdd("orchd"); // the specification asks for a name
        return client;
    }

    async Task ReportAsync(string issuer, ConditionStatus status, string reason, string message, LeaderWriter writer, CancellationToken token)
    {
        if (store.Current.Find<ClusterIssuer>(ClusterIssuer.KindName, "", issuer) is not { } present) return;
        var condition = new Condition { Type = ClusterIssuerStatus.Ready, Status = status, Reason = reason, Message = message, LastTransitionTime = clock.GetUtcNow() };
        try
        {
            await writer.WriteAsync([new UpdateStatus(present with { Status = new ClusterIssuerStatus { Conditions = present.Status.Conditions.With(condition) } })], Author, token);
        }
        catch (StoreUnavailableException)
        {
            // It is in the log of this server.
        }
    }

    static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    [LoggerMessage(EventIds.CertificateCame, LogLevel.Information, "Certificate {Secret} for {Hosts} came from {Issuer}")]
    partial void Came(string secret, string hosts, string issuer);

    [LoggerMessage(EventIds.CertificateNotCame, LogLevel.Warning, "Certificate {Secret} did not come from {Issuer}, which is asked again later: {Why}")]
    partial void NotCame(string secret, string issuer, string why);
}
