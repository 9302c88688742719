using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Orchestrator.Testing.Clusters;

/// <summary>A named network namespace, entered with nsenter: <c>ip netns exec</c> would hide the cgroups.</summary>
public sealed partial class NetworkNamespace
{
    const string Directory = "/run/netns";

    NetworkNamespace(string name) => Name = name;

    public string Name { get; }

    public string Path => System.IO.Path.Combine(Directory, Name);

    public bool Stands => File.Exists(Path);

    public static async Task<NetworkNamespace> MakeAsync(string name)
    {
        var made = new NetworkNamespace(name);
        await Shell.RunAsync("ip", "netns", "add", name);
        await made.RunAsync("ip", "link", "set", "lo", "up");
        return made;
    }

    /// <summary>The command line that runs a command in here; the process keeps its id.</summary>
    public IReadOnlyList<string> Enter(params IReadOnlyList<string> command) => ["nsenter", $"--net={Path}", .. command];

    /// <exception cref="ShellException">The command failed.</exception>
    public Task<ShellResult> RunAsync(params IReadOnlyList<string> command) => Shell.RunAsync(Enter(command));

    public Task<ShellResult> TryAsync(params IReadOnlyList<string> command) => Shell.TryAsync(Enter(command));

    /// <summary>The kernel's name for it, as the links in /proc/PID/ns show it.</summary>
    public async Task<string> IdAsync() => (await RunAsync("readlink", "/proc/self/ns/net")).Output.Trim();

    /// <summary>A connection of this process from in here: a socket stays in the namespace that it was made in (network_namespaces(7)).</summary>
    public async Task<Socket> ConnectAsync(IPEndPoint to, CancellationToken cancel = default)
    {
        var made = new TaskCompletionSource<Socket>();
        // A thread of its own, which ends in there: no other work ever runs on it.
        new Thread(() =>
        {
            try
            {
                using var handle = File.OpenHandle(Path);
                if (SetNamespace((int)handle.DangerousGetHandle(), NetworkOnly) != 0) throw new IOException($"setns {Path}: errno {Marshal.GetLastPInvokeError()}");
                made.SetResult(new Socket(to.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true });
            }
            catch (Exception failure) when (failure is IOException or SocketException)
            {
                made.SetException(failure);
            }
        }).Start();
        var socket = await made.Task;
        try
        {
            await socket.ConnectAsync(to, cancel);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>What makes the connections of a client in here.</summary>
    /// <param name="always">Where all of them go, whatever the name in a request; null for the address in it.</param>
    public SocketsHttpHandler Handler(IPAddress? always = null) => new()
    {
        UseProxy = false,
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(5),
        ConnectCallback = async (context, token) => new NetworkStream(await ConnectAsync(new IPEndPoint(always ?? IPAddress.Parse(context.DnsEndPoint.Host), context.DnsEndPoint.Port), token), ownsSocket: true),
    };

    public Task DeleteAsync() => Shell.RunAsync("ip", "netns", "delete", Name);

    const int NetworkOnly = 0x40000000; // CLONE_NEWNET

    [LibraryImport("libc", EntryPoint = "setns", SetLastError = true)]
    private static partial int SetNamespace(int handle, int kind);
}
