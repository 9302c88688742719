using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Http;

namespace Orchestrator.Ingress;

/// <summary>
/// Answers a client that asks more often than the Ingress allows with 429 (RFC 6585, section 4). A client is an IPv4 address, or a /64 of IPv6, of which everybody has a
/// whole one. Buckets that are full again are forgotten by themselves, so that what is kept follows the clients of the last seconds.
/// </summary>
sealed class ClientRates(RequestDelegate next) : IDisposable
{
    const int NetworkBytes = 8; // of an IPv6 address

    readonly PartitionedRateLimiter<HttpContext> _limiter = PartitionedRateLimiter.Create<HttpContext, Client>(Bucket);

    public Task InvokeAsync(HttpContext context)
    {
        // The limiter has one lock for all: who is not limited goes by it.
        if (RateOf(context) == 0) return next(context);
        using var lease = _limiter.AttemptAcquire(context); // of a bucket, nothing is given back
        if (lease.IsAcquired) return next(context);
        context.Response.StatusCode = StatusCodes.Status429TooManyRequests;
        context.Response.Headers.RetryAfter = "1";
        return Task.CompletedTask;
    }

    public void Dispose() => _limiter.Dispose();

    static RateLimitPartition<Client> Bucket(HttpContext context)
    {
        var ingress = RouteConfigs.IngressOf(context);
        return RateLimitPartition.GetTokenBucketLimiter(new Client(ingress, RateOf(context), NetworkOf(context.Connection.RemoteIpAddress)), static client => new TokenBucketRateLimiterOptions
        {
            TokenLimit = client.Rate, TokensPerPeriod = 1, ReplenishmentPeriod = TimeSpan.FromSeconds(1.0 / client.Rate),
        });
    }

    static int RateOf(HttpContext context) =>
        int.Parse(context.GetReverseProxyFeature().Route.Config.Metadata![RouteConfigs.RateKey], CultureInfo.InvariantCulture); // every route made has it

    static string NetworkOf(IPAddress? address) => address switch
    {
        null => "", // not a connection of the network
        { IsIPv4MappedToIPv6: true } => address.MapToIPv4().ToString(),
        { AddressFamily: AddressFamily.InterNetworkV6 } => Convert.ToHexString(address.GetAddressBytes().AsSpan(0, NetworkBytes)),
        _ => address.ToString(),
    };

    readonly record struct Client(string Ingress, int Rate, string Network);
}
