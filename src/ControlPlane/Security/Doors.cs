using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Orchestrator.Contracts.Security;

namespace Orchestrator.ControlPlane.Security;

/// <summary>The API's doors: TLS of its connections, and who may call which service.</summary>
public static class Doors
{
    const string What = "the API";

    /// <summary>Where a connection and a request keep who is there.</summary>
    internal static readonly object IdentityItem = new();

    /// <summary>How the API accepts connections. One without a certificate comes in too, as far as the service for joining.</summary>
    public static TlsHandshakeCallbackOptions Tls(Gate gate) => new()
    {
        OnConnection = context =>
        {
            var connection = (ConnectionContext)context.Connection; // what Kestrel's transports give
            return ValueTask.FromResult(gate.Credentials.Current.ForAsked(shown =>
            {
                if (shown is null) return true;
                if (gate.Judge(shown, What) is not { } identity) return false;
                connection.Items[IdentityItem] = identity;
                var entered = gate.Entered(identity, connection.Abort);
                connection.ConnectionClosed.Register(entered.Dispose);
                return true;
            }));
        },
    };

    /// <summary>Who calls; only where <see cref="OnlyFor"/> has let somebody in.</summary>
    internal static Identity Caller(this ServerCallContext call) => (Identity)call.GetHttpContext().Items[IdentityItem]!; // OnlyFor has put it there

    /// <summary>Lets only those in who are one of these; nobody named means everybody, without a certificate too.</summary>
    internal static void OnlyFor(this IEndpointConventionBuilder calls, Gate gate, params Purpose[] purposes) => calls.Add(endpoint =>
    {
        if (endpoint.RequestDelegate is not { } serve) return;
        endpoint.RequestDelegate = context =>
        {
            if (!context.Request.IsHttps) return Refuse(context, StatusCode.Unauthenticated, "this door is for TLS only");
            if (purposes.Length == 0) return serve(context);
            if (context.Features.Get<IConnectionItemsFeature>()?.Items.TryGetValue(IdentityItem, out var entered) is not true || entered is not Identity identity)
                return Refuse(context, StatusCode.Unauthenticated, "a certificate of the cluster is needed; on a server, root finds one in admin.json of its data directory (ORCH_CONFIG names it)");
            if (gate.IsRemoved(identity)) return Refuse(context, StatusCode.PermissionDenied, $"{identity} was removed from the cluster; to have it back, `orchd reset` it and join with a new token");
            if (!purposes.Contains(identity.Purpose)) return Refuse(context, StatusCode.PermissionDenied, $"{identity} may not call this");
            context.Items[IdentityItem] = identity;
            return serve(context);
        };
    });

    // A trailers-only answer: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md
    static Task Refuse(HttpContext context, StatusCode code, string message)
    {
        context.Response.ContentType = "application/grpc";
        context.Response.Headers["grpc-status"] = ((int)code).ToString(System.Globalization.CultureInfo.InvariantCulture);
        context.Response.Headers["grpc-message"] = Uri.EscapeDataString(message);
        return Task.CompletedTask;
    }
}
