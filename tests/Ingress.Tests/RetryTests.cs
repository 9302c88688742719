using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;
using Orchestrator.Testing;

namespace Orchestrator.Ingress.Tests;

/// <summary>Requests whose first pod could not be reached.</summary>
public sealed class RetryTests
{
    /// <summary>Two of three pods refuse, so that this many requests would not all be lucky.</summary>
    const int Requests = 60;

    [Fact]
    public async Task A_request_whose_pods_refuse_connections_is_answered_by_one_that_does_not()
    {
        await using var pod = await Pod.Named("web");
        await using var ingress = await RunningIngress.StartAsync(TableOf(pod.Address, Refusing(), Refusing()));
        for (var i = 0; i < Requests; i++) Assert.Equal("web", await ingress.TextAsync("web.example"));
    }

    [Fact]
    public async Task A_body_that_no_pod_has_seen_yet_goes_whole_to_another_one()
    {
        await using var pod = await Pod.Answering(async context => await context.Response.WriteAsync($"{await LengthAsync(context.Request.Body)}"));
        await using var ingress = await RunningIngress.StartAsync(TableOf(pod.Address, Refusing(), Refusing()));
        for (var i = 0; i < Requests; i++)
        {
            using var answer = await ingress.SendAsync(HttpMethod.Post, "web.example", "/", new ByteArrayContent(new byte[100_000]));
            Assert.Equal("100000", await answer.Content.ReadAsStringAsync());
        }
    }

    [Fact]
    public async Task A_request_whose_pod_never_answers_the_connection_is_answered_by_another_one()
    {
        // Two pods that are like one on a machine without power: connections to them are neither taken nor refused.
        using var first = new SilentPod();
        using var second = new SilentPod();
        await using var pod = await Pod.Named("web");
        await using var ingress = await RunningIngress.StartAsync(TableOf(pod.Address, first.Address, second.Address));
        var answers = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => ingress.TextAsync("web.example")));
        Assert.All(answers, answer => Assert.Equal("web", answer));
    }

    [Fact]
    public async Task A_pod_that_breaks_off_every_connection_is_asked_no_more()
    {
        using var broken = new BrokenPod();
        await using var pod = await Pod.Named("web");
        await using var ingress = await RunningIngress.StartAsync(TableOf(pod.Address, broken.Address));
        for (var i = 0; i < Requests; i++) Assert.Equal("web", await ingress.TextAsync("web.example"));
        var asked = broken.Asked;
        Assert.InRange(asked, 1, Requests / 2);
        for (var i = 0; i < Requests; i++) Assert.Equal("web", await ingress.TextAsync("web.example"));
        Assert.Equal(asked, broken.Asked);
    }

    [Fact]
    public async Task When_every_pod_refuses_the_client_is_told_so() =>
        Assert.Equal(HttpStatusCode.BadGateway, await StatusAsync(Refusing(), Refusing(), Refusing(), Refusing()));

    [Fact]
    public async Task A_request_that_changes_something_is_not_sent_twice_once_a_pod_has_it()
    {
        var seen = 0;
        Task Break(HttpContext context)
        {
            Interlocked.Increment(ref seen);
            context.Abort();
            return Task.CompletedTask;
        }

        await using var first = await Pod.Answering(Break);
        await using var second = await Pod.Answering(Break);
        await using var ingress = await RunningIngress.StartAsync(TableOf(first.Address, second.Address));
        using var changed = await ingress.SendAsync(HttpMethod.Post, "web.example", "/");
        Assert.Equal((HttpStatusCode.BadGateway, 1), (changed.StatusCode, seen));
        using var read = await ingress.SendAsync(HttpMethod.Get, "web.example", "/");
        Assert.Equal((HttpStatusCode.BadGateway, 3), (read.StatusCode, seen));
    }

    [Fact]
    public async Task A_pod_that_says_that_it_is_not_well_is_sent_nothing_until_it_is_again()
    {
        var (ill, asked) = (false, 0);
        await using var first = await Pod.Answering(context =>
        {
            if (context.Request.Path == "/healthz") Interlocked.Increment(ref asked);
            context.Response.StatusCode = context.Request.Path == "/healthz" && Volatile.Read(ref ill) ? 500 : 200;
            return context.Response.WriteAsync("first");
        });
        await using var second = await Pod.Named("second");
        var backend = Given.Backend("web", first.Address, second.Address);
        backend.HealthPath = "/healthz";
        await using var ingress = await RunningIngress.StartAsync(Given.Table([Given.Prefix("shop.example", "/")], backend));
        Task<bool> Gets(string name) => AnyAsync(async () => await ingress.TextAsync("shop.example") == name);
        await Eventually.HoldsAsync(() => Gets("first"), "both are sent requests");

        Volatile.Write(ref ill, true);
        await Eventually.HoldsAsync(async () => !await Gets("first"), "it is set aside");
        Assert.True(asked >= 2);
        Volatile.Write(ref ill, false);
        await Eventually.HoldsAsync(() => Gets("first"), "it is sent requests again");

        static async Task<bool> AnyAsync(Func<Task<bool>> holds)
        {
            for (var i = 0; i < 40; i++) if (await holds()) return true;
            return false;
        }
    }

    static async Task<HttpStatusCode> StatusAsync(params string[] addresses)
    {
        await using var ingress = await RunningIngress.StartAsync(TableOf(addresses));
        return (await ingress.GetAsync("web.example")).StatusCode;
    }

    static Contracts.RouteTable TableOf(params string[] addresses) => Given.Table([Given.Prefix("web.example", "/")], Given.Backend("web", addresses));

    static async Task<long> LengthAsync(Stream body)
    {
        var (buffer, length) = (new byte[8192], 0L);
        int read;
        while ((read = await body.ReadAsync(buffer)) > 0) length += read;
        return length;
    }

    /// <summary>An address that was free a moment ago: nobody listens there.</summary>
    static string Refusing()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return listener.LocalEndpoint.ToString()!; // it is bound
    }

    /// <summary>Listens and never accepts; its queue is full, so that the kernel answers no further connection.</summary>
    sealed class SilentPod : IDisposable
    {
        readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        readonly List<Socket> _queued = [];

        public SilentPod()
        {
            _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            _listener.Listen(0);
            for (var i = 0; i < 4; i++)
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
                _queued.Add(socket);
                try
                {
                    socket.Connect(_listener.LocalEndPoint!); // it is bound
                }
                catch (SocketException started) when (started.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
                {
                    // It stays in the queue or waits for a place there.
                }
            }
        }

        public string Address => _listener.LocalEndPoint!.ToString()!; // it is bound

        public void Dispose()
        {
            foreach (var socket in _queued) socket.Dispose();
            _listener.Dispose();
        }
    }

    /// <summary>Takes connections and ends them at once.</summary>
    sealed class BrokenPod : IDisposable
    {
        readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        int _asked;

        public BrokenPod()
        {
            _listener.Start();
            _ = EndAllAsync();
        }

        public string Address => _listener.LocalEndpoint.ToString()!; // it listens

        public int Asked => Volatile.Read(ref _asked);

        public void Dispose() => _listener.Dispose();

        async Task EndAllAsync()
        {
            try
            {
                while (true)
                {
                    using var taken = await _listener.AcceptTcpClientAsync();
                    Interlocked.Increment(ref _asked);
                }
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // Disposed.
            }
        }
    }
}
