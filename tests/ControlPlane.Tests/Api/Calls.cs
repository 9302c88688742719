using System.Threading.Channels;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Orchestrator.Contracts.Security;
using Orchestrator.ControlPlane.Security;

namespace Orchestrator.ControlPlane.Tests.Api;

/// <summary>A call without a network, by the user "user".</summary>
sealed class DirectCall : ServerCallContext
{
    readonly CancellationToken _token;

    public DirectCall(CancellationToken token = default)
    {
        _token = token;
        var http = new DefaultHttpContext();
        http.Items[Doors.IdentityItem] = new Identity(Purpose.User, "user", "");
        UserState["__HttpContext"] = http; // where GetHttpContext looks in tests
    }

    protected override string MethodCore => "";
    protected override string HostCore => "";
    protected override string PeerCore => "";
    protected override DateTime DeadlineCore => DateTime.MaxValue;
    protected override Metadata RequestHeadersCore { get; } = [];
    protected override CancellationToken CancellationTokenCore => _token;
    protected override Metadata ResponseTrailersCore { get; } = [];
    protected override Status StatusCore { get; set; }
    protected override WriteOptions? WriteOptionsCore { get; set; }
    protected override AuthContext AuthContextCore { get; } = new(null, []);
    protected override ContextPropagationToken CreatePropagationTokenCore(ContextPropagationOptions? options) => throw new NotSupportedException();
    protected override Task WriteResponseHeadersAsyncCore(Metadata responseHeaders) => Task.CompletedTask;
}

/// <summary>Gathers the answers of a stream.</summary>
sealed class Answers<T> : IServerStreamWriter<T>
{
    readonly Channel<T> _answers = Channel.CreateUnbounded<T>();

    public WriteOptions? WriteOptions { get; set; }

    public Task WriteAsync(T message) => WriteAsync(message, CancellationToken.None);

    public Task WriteAsync(T message, CancellationToken token) => _answers.Writer.WriteAsync(message, token).AsTask();

    public Task<T> NextAsync() => _answers.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20));

}
