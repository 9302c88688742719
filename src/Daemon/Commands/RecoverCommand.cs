using System.CommandLine;
using System.Net;
using System.Net.Sockets;
using Orchestrator.ControlPlane.Store;
using Orchestrator.Daemon.Hosting;

namespace Orchestrator.Daemon.Commands;

/// <summary>
/// <c>orchd server recover</c>: when a majority of the servers is gone for ever, makes what this one has the data of a new cluster of one.
/// It looks first, says what it has found, and does nothing without --yes, nor while the old cluster could still be alive.
/// </summary>
static class RecoverCommand
{
    static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(2);

    public static Command Create(SharedOptions shared)
    {
        var yes = new Option<bool>("--yes") { Description = "do it; without this only what would be done is shown" };
        var command = new Command("recover", "Go on alone with this server's data, when a majority of the servers is lost for ever. Writes that this server has not seen are lost.") { yes };
        shared.AddTo(command, joins: false);
        command.SetAction((parsed, token) => RunAsync(shared.Read(parsed), parsed.GetValue(yes), token));
        return command;
    }

    static async Task<int> RunAsync(ServerSettings settings, bool yes, CancellationToken token)
    {
        var directory = StoreSettings.DirectoryOf(settings);
        var options = StoreSettings.Of(settings);
        if (ClusterStore.IsNew(options)) throw new StartException($"there are no data of a server in {directory}");
        var backup = directory + $".recovered-{DateTime.UtcNow:yyyyMMdd-HHmmss}";
        var found = await OfflineStore.ReadAsync(options, backup, token);
        Console.WriteLine($"data        {directory}");
        Console.WriteLine($"last entry  index {found.LastIndex}, term {found.Term}");
        Console.WriteLine($"revision    {found.Revision}, {found.Objects} objects");
        var alive = 0;
        foreach (var member in found.Members)
        {
            var self = member.Equals(options.RaftEndpoint);
            var answers = !self && await AnswersAsync(member, token);
            alive += self || answers ? 1 : 0;
            Console.WriteLine($"member      {member} {(self ? "(this server)" : answers ? "answers" : "does not answer")}");
        }

        var majority = (found.Members.Count / 2) + 1;
        if (alive >= majority)
        {
            File.Delete(backup);
            throw new StartException($"{alive} of {found.Members.Count} servers can be had and {majority} are enough: the cluster is not lost. Start this server as before; replace those that are dead with `orch cluster remove` and --join");
        }

        if (!yes)
        {
            File.Delete(backup);
            Console.WriteLine($"\nWith --yes this server goes on alone, as a new cluster. Before that:\n"
                + $"  - make sure that the others never start again with their old data: they would be a second cluster\n"
                + $"  - if another server survived, recover the one whose last entry has the highest term, then index\n"
                + $"  - afterwards `orchd reset` the others, and have them join with `orch token create --role server`");
            return 1;
        }

        var before = directory + $".before-recovery-{DateTime.UtcNow:yyyyMMdd-HHmmss}";
        Directory.Move(directory, before);
        try
        {
            var recovered = await OfflineStore.RestoreAsync(backup, options, token);
            Console.WriteLine($"\nThis server is a cluster of one from now on; the revision goes on from {recovered.Revision}. What it had before is in {before}");
            Console.WriteLine($"start it with: orchd server --name {settings.Name} --advertise {settings.Advertise}");
            return 0;
        }
        catch
        {
            if (Directory.Exists(directory)) Directory.Delete(directory, recursive: true);
            Directory.Move(before, directory); // as it was
            throw;
        }
        finally
        {
            File.Delete(backup);
        }
    }

    static async Task<bool> AnswersAsync(IPEndPoint member, CancellationToken token)
    {
        using var time = CancellationTokenSource.CreateLinkedTokenSource(token);
        time.CancelAfter(ConnectTimeout);
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(member, time.Token);
            return true;
        }
        catch (Exception cause) when (cause is SocketException or OperationCanceledException && !token.IsCancellationRequested)
        {
            return false;
        }
    }
}
