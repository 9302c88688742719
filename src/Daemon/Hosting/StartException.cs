using Orchestrator.ControlPlane.Store;

namespace Orchestrator.Daemon.Hosting;

/// <summary>A reason not to start that a person can do something about. Its message is the one line they see.</summary>
public sealed class StartException(string message) : Exception(message);

static class StartFailures
{
    /// <summary>Runs the program and turns what keeps it from starting into one line and exit status 1.</summary>
    public static async Task<int> Guarded(Func<Task<int>> program)
    {
        try
        {
            return await program();
        }
        catch (Exception failure) when (OneLine(failure) is { } line)
        {
            await Console.Error.WriteLineAsync($"orchd: {line}");
            return 1;
        }
        catch (OperationCanceledException)
        {
            return 0; // asked to stop while it started
        }
    }

    static string? OneLine(Exception failure) => failure switch
    {
        StartException or DataDirectoryInUseException or CorruptDataException => failure.Message,
        IOException when failure.Message.Contains("address already in use", StringComparison.OrdinalIgnoreCase) => $"{failure.Message.TrimEnd('.')}; stop the program that has it (ss -ltnp names it) or choose other ports",
        UnauthorizedAccessException or IOException => failure.Message,
        _ => failure.InnerException is { } cause ? OneLine(cause) : null,
    };
}
