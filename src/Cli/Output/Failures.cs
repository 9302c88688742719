using Grpc.Core;
using Orchestrator.Cli.Connection;

namespace Orchestrator.Cli.Output;

/// <summary>Turns failures into one line on standard error and exit status 1.</summary>
static class Failures
{
    public static async Task<int> Guarded(Func<Task<int>> program)
    {
        Interruption.Listen();
        try
        {
            return await program();
        }
        catch (CliException failure)
        {
            await Console.Error.WriteLineAsync($"error: {failure.Message}");
            return 1;
        }
        catch (RpcException failure) when (Interruption.IsOf(failure))
        {
            return Interruption.ExitCode;
        }
        catch (RpcException failure) when (failure.StatusCode == StatusCode.Cancelled)
        {
            await Console.Error.WriteLineAsync($"error: the call was broken off{(failure.Status.Detail.Length > 0 ? $": {failure.Status.Detail}" : "")}; whether it was carried out is not known");
            return 1;
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
        catch (OperationCanceledException) when (Interruption.IsAsked)
        {
            return Interruption.ExitCode;
        }
        catch (OperationCanceledException failure)
        {
            await Console.Error.WriteLineAsync($"error: given up: {failure.Message}");
            return 1;
        }
    }
}
