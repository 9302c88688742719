using System.Diagnostics;
using Orchestrator.ControlPlane.Store;

namespace Orchestrator.ControlPlane.Tests.Store;

/// <summary>What a member does once when it comes to a place, as it was told: "PLACE:panic" ends the process as kill -9 does, "PLACE:sleep" holds the thread, "PLACE:error" is a failing disk.</summary>
static class ArmedFailpoint
{
    /// <summary>Longer than any election, shorter than a client waits.</summary>
    static readonly TimeSpan Pause = TimeSpan.FromSeconds(1.5);

    static readonly ManualResetEventSlim Never = new();

    public static void Arm(string text)
    {
        var words = text.Split(':');
        var (place, what, done) = (Enum.Parse<Failpoint>(words[0]), words[1], 0);
        Failpoints.Set(at =>
        {
            if (at != place || Interlocked.Exchange(ref done, 1) != 0) return;
            Console.Error.WriteLine(Reached(text));
            switch (what)
            {
                case "panic":
                    Process.GetCurrentProcess().Kill();
                    Never.Wait();
                    break;
                case "sleep":
                    Never.Wait(Pause);
                    break;
                case "error":
                    throw new IOException($"this disk fails at {at}");
                default:
                    throw new ArgumentException($"nothing is called {what}");
            }
        });
    }

    /// <summary>The line that a member writes to standard error when it comes to the place.</summary>
    public static string Reached(string text) => $"failpoint {text}";
}
