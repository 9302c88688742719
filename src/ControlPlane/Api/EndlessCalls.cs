using Grpc.AspNetCore.Server;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Orchestrator.ControlPlane.Api;

/// <summary>
/// Watches, sessions and logs never end by themselves. When the server is asked to stop they are broken off, so that their callers go to another
/// server at once; requests with one answer are still answered.
/// </summary>
static class EndlessCalls
{
    public static void BreakOffWhenStopping(this IEndpointConventionBuilder calls, IServiceProvider services)
    {
        var stopping = services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        calls.Add(endpoint =>
        {
            if (endpoint.RequestDelegate is not { } serve) return;
            if (endpoint.Metadata.OfType<GrpcMethodMetadata>().FirstOrDefault() is not { Method.Type: not MethodType.Unary }) return;
            endpoint.RequestDelegate = async context =>
            {
                await using var breaking = stopping.Register(context.Abort);
                await serve(context);
            };
        });
    }
}
