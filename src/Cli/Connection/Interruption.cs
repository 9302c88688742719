using System.Runtime.InteropServices;
using Grpc.Core;

namespace Orchestrator.Cli.Connection;

/// <summary>
/// Whether whoever runs this program has asked it to end. A call that was cancelled without that was broken off by the server or on the way, and looks the same otherwise.
/// </summary>
static class Interruption
{
    /// <summary>The exit status of a program that was interrupted, as shells have it: 128 and SIGINT.</summary>
    public const int ExitCode = 130;

    static readonly PosixSignalRegistration[] Listening =
        [.. ((PosixSignal[])[PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP]).Select(signal => PosixSignalRegistration.Create(signal, static _ => _asked = true))];

    static volatile bool _asked;

    /// <summary>Begins to listen. What a signal does otherwise, it does as before.</summary>
    public static void Listen() => GC.KeepAlive(Listening);

    /// <summary>Whether it is this program's own end that has ended a call.</summary>
    public static bool IsOf(RpcException failure) => failure.StatusCode == StatusCode.Cancelled && _asked;

    /// <summary>The same of what was awaited here.</summary>
    public static bool IsAsked => _asked;
}
