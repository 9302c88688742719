using Grpc.Core;
using Orchestrator.Cli.Connection;

namespace Orchestrator.Cli.Output;

/// <summary>Turns failures into one line on standard error and exit status 1.</summary>
static class Failures
{
    public static async Task<int> Guarded(Func<Task<int>> program)
    {
        try
        {
            return await program();
        }
        catch (CliException failure)
        {
            await Console.Error.WriteLineAsync($"error: {failure.Message}");
            return 1;
        }
        catch (RpcException failure) when (failure.StatusCode == StatusCode.Cancelled)
        {
            return 130; // interrupted
        }
        catch (RpcException failure)
        {
            await Console.Error.WriteLineAsync($"error: {failure.Status.Detail}");
            return 1;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync($"error: {failure.Message}");
            return 1;
        }
        catch (OperationCanceledException)
        {
            return 130;
        }
    }
}
