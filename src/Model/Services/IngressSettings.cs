using System.Globalization;
using Orchestrator.Model.Values;

namespace Orchestrator.Model.Services;

/// <summary>What an Ingress asks for beyond upstream's fields, in annotations of this project's own.</summary>
/// <param name="KeepsPod">Requests of a client go to the pod that had its first one, by a cookie.</param>
/// <param name="BodyLimit">Bytes of a request's body; more is answered with 413. 0: no limit.</param>
/// <param name="RateLimit">Requests a second from one address, with bursts of as many; more are answered with 429. 0: no limit.</param>
/// <param name="TimeoutSeconds">A request that takes longer is answered with 504. 0: only one that moves no byte is given up.</param>
/// <param name="ConcurrencyLimit">Requests under way at one time; more are answered with 503. 0: no limit.</param>
/// <param name="HealthPath">What each ingress asks every pod for now and then; one that does not answer well is set aside. Empty: nothing is asked.</param>
public sealed record IngressSettings(bool KeepsPod, long BodyLimit, int RateLimit, int TimeoutSeconds, int ConcurrencyLimit, string HealthPath = "")
{
    public const string Prefix = "ingress.orchestrator/";

    const string AffinityKey = Prefix + "affinity", BodyLimitKey = Prefix + "body-limit", RateLimitKey = Prefix + "rate-limit", TimeoutKey = Prefix + "timeout-seconds", ConcurrencyKey = Prefix + "concurrency-limit", HealthKey = Prefix + "health-path";
    const string Cookie = "cookie";
    const int MostRequests = 10_000, MostSeconds = 86_400, MostCharacters = 1_024;

    public static readonly IngressSettings None = new(false, 0, 0, 0, 0);

    /// <summary>Reads the annotations.</summary>
    /// <param name="annotations">All of an Ingress; those of others are passed over.</param>
    /// <param name="problem">Gets the key, and what is wrong with it.</param>
    public static IngressSettings Read(IReadOnlyDictionary<string, string> annotations, Action<string, string> problem)
    {
        var settings = None;
        foreach (var (key, value) in annotations)
        {
            if (!key.StartsWith(Prefix, StringComparison.Ordinal)) continue;
            settings = key switch
            {
                AffinityKey => value == Cookie ? settings with { KeepsPod = true } : Wrong($"is \"{value}\", but only {Cookie} is known"),
                BodyLimitKey => Quantity.TryParse(value, out var bytes) && bytes.Value is >= 1 and <= long.MaxValue ? settings with { BodyLimit = (long)bytes.Value } : Wrong($"is \"{value}\", but must be a number of bytes, such as 10Mi"),
                RateLimitKey => Whole(value, MostRequests) is { } rate ? settings with { RateLimit = rate } : Wrong($"is \"{value}\", but must be a number of requests a second between 1 and {MostRequests}"),
                TimeoutKey => Whole(value, MostSeconds) is { } seconds ? settings with { TimeoutSeconds = seconds } : Wrong($"is \"{value}\", but must be a number of seconds between 1 and {MostSeconds}"),
                ConcurrencyKey => Whole(value, MostRequests) is { } many ? settings with { ConcurrencyLimit = many } : Wrong($"is \"{value}\", but must be a number of requests at one time between 1 and {MostRequests}"),
                HealthKey => IsPath(value) ? settings with { HealthPath = value } : Wrong($"is \"{value}\", but must be a path, such as /healthz"),
                _ => Wrong($"is not known: there are {AffinityKey}, {BodyLimitKey}, {ConcurrencyKey}, {HealthKey}, {RateLimitKey} and {TimeoutKey}"),
            };

            IngressSettings Wrong(string what)
            {
                problem(key, what);
                return settings;
            }
        }

        return settings;
    }

    static bool IsPath(string text) => text.StartsWith('/') && text.Length <= MostCharacters && !text.AsSpan().ContainsAnyExceptInRange('!', '~');

    static int? Whole(string text, int most) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= 1 && number <= most ? number : null;
}
