using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Time.Testing;
using Orchestrator.Ingress.Pods;

namespace Orchestrator.Ingress.Tests;

/// <summary>Which connections to a pod are kept, and for how long.</summary>
public sealed class PodPoolTests : IDisposable
{
    static readonly TimeSpan IdleTimeout = TimeSpan.FromSeconds(100);

    readonly TcpListener _pod = new(IPAddress.Loopback, 0);
    readonly FakeTimeProvider _time = new();
    readonly PodPool _pool;

    public PodPoolTests()
    {
        _pod.Start();
        _pool = new PodPool((IPEndPoint)_pod.LocalEndpoint, _time);
    }

    public void Dispose()
    {
        _pool.Clear();
        _pod.Dispose();
    }

    [Fact]
    public async Task A_returned_connection_is_the_next_to_be_used()
    {
        Assert.Null(_pool.TakeWaiting());
        var connection = await _pool.ConnectAsync(CancellationToken.None);
        _pool.Return(connection);
        Assert.Same(connection, _pool.TakeWaiting());
        Assert.Null(_pool.TakeWaiting());
    }

    [Fact]
    public async Task One_that_has_waited_for_a_minute_is_closed()
    {
        _pool.Return(await _pool.ConnectAsync(CancellationToken.None));
        _time.Advance(TimeSpan.FromSeconds(59));
        _pool.Sweep(IdleTimeout);
        var connection = _pool.TakeWaiting();
        Assert.NotNull(connection);
        _pool.Return(connection);
        _time.Advance(TimeSpan.FromSeconds(60));
        _pool.Sweep(IdleTimeout);
        Assert.Null(_pool.TakeWaiting());
    }

    [Fact]
    public async Task One_in_use_on_which_nothing_moves_is_given_up_and_its_user_hears_it()
    {
        var connection = await _pool.ConnectAsync(CancellationToken.None);
        var answer = connection.AheadAsync().AsTask();
        _time.Advance(IdleTimeout - TimeSpan.FromSeconds(1));
        _pool.Sweep(IdleTimeout);
        Assert.False(answer.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(1));
        _pool.Sweep(IdleTimeout);
        await Assert.ThrowsAnyAsync<SocketException>(() => answer);
        Assert.True(connection.IsTimedOut);
    }

    [Fact]
    public async Task A_pod_that_is_not_there_is_an_error_of_the_connection()
    {
        var address = _pod.LocalEndpoint;
        _pod.Stop();
        var error = await Assert.ThrowsAsync<HttpRequestException>(async () => await _pool.ConnectAsync(CancellationToken.None));
        Assert.Equal(HttpRequestError.ConnectionError, error.HttpRequestError);
        Assert.Contains($"connect to {address}", error.Message, StringComparison.Ordinal);
    }
}
