using System.CommandLine;
using Orchestrator.Daemon.Hosting;
using Orchestrator.NodeAgent.Pods;

namespace Orchestrator.Daemon.Commands;

/// <summary><c>orchd reset</c>: takes everything off this machine that orchd has made.</summary>
static class ResetCommand
{
    public static Command Create()
    {
        var shared = new SharedOptions();
        var command = new Command("reset", "Stop this machine's containers and remove everything orchd made here, its data included.");
        var keep = new Option<bool>("--keep-data") { Description = "leave the data directory: the next start finds this machine as it was, without its containers" };
        command.Options.Add(keep);
        shared.AddTo(command, joins: false);
        command.SetAction(async (parsed, token) =>
        {
            var settings = shared.Read(parsed, fallback: System.Net.IPAddress.Loopback);
            Machine.CheckRoot();
            var keeps = parsed.GetValue(keep);
            await CleanUp.RunAsync(OrchdHost.AgentOptions(settings), keeps, token);
            if (!keeps && Directory.Exists(settings.DataDirectory)) Directory.Delete(settings.DataDirectory, recursive: true);
            return 0;
        });
        return command;
    }
}
