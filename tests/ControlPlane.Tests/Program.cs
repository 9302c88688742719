using Orchestrator.ControlPlane.Tests.Store;

namespace Orchestrator.ControlPlane.Tests;

/// <summary>
/// What this assembly does when it is started as a program: the processes that tests kill. The test runner does not come by here.
/// </summary>
static class Program
{
    static async Task<int> Main(string[] args)
    {
        switch (args)
        {
            case ["store-member", .. var rest]:
                await StoreMemberProgram.RunAsync(rest);
                return 0;
            case ["store-crash-schedule", var wal, var rounds]:
                return await CrashSchedule.RunFromCommandLineAsync(wal, int.Parse(rounds));
            default:
                Console.Error.WriteLine("usage: store-member ... | store-crash-schedule durable|stock ROUNDS");
                return 2;
        }
    }
}
