using System.CommandLine;
using Orchestrator.ControlPlane.Store;
using Orchestrator.Daemon.Hosting;

namespace Orchestrator.Daemon.Commands;

/// <summary><c>orchd server restore</c>: makes the data of a server of a new cluster from a backup.</summary>
static class RestoreCommand
{
    public static Command Create(SharedOptions shared)
    {
        var backup = new Argument<string>("file") { Description = "what `orch cluster backup` has written" };
        var command = new Command("restore", "Make this server's data from a backup, for a new cluster that begins with it.") { backup };
        shared.AddTo(command, joins: false);
        command.SetAction(async (parsed, token) =>
        {
            var settings = shared.Read(parsed);
            var file = parsed.GetValue(backup)!; // required
            if (!File.Exists(file)) throw new StartException($"there is no file {file}");
            var restored = await OfflineStore.RestoreAsync(file, StoreSettings.Of(settings), token);
            Console.WriteLine($"restored {restored.Objects} objects into {StoreSettings.DirectoryOf(settings)}; the revision goes on from {restored.Revision}");
            Console.WriteLine($"start it with: orchd server --name {settings.Name} --advertise {settings.Advertise}; the others join it anew, with `orch token create`");
            return 0;
        });
        return command;
    }
}
