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
        var command = new Command("restore", "Make this server's data from a backup, for a new cluster of --servers. Run it on each of them, with the same file, before any is started.") { backup };
        shared.AddTo(command);
        command.SetAction(async (parsed, token) =>
        {
            var settings = shared.Read(parsed);
            if (!settings.Servers.Contains(settings.Advertise)) throw new StartException($"--servers must name all servers, and so also this one: {settings.Advertise}");
            var file = parsed.GetValue(backup)!; // required
            if (!File.Exists(file)) throw new StartException($"there is no file {file}");
            var restored = await OfflineStore.RestoreAsync(file, StoreSettings.Of(settings), token);
            Console.WriteLine($"restored {restored.Objects} objects into {StoreSettings.DirectoryOf(settings)}; the revision goes on from {restored.Revision}");
            Console.WriteLine($"start it with: orchd server --name {settings.Name} --advertise {settings.Advertise} --servers {string.Join(',', settings.Servers)}");
            return 0;
        });
        return command;
    }
}
