using System.CommandLine;
using System.Globalization;
using System.Security.Cryptography;
using Grpc.Core;
using Orchestrator.Cli.Connection;
using Orchestrator.Cli.Output;
using Orchestrator.Contracts;

namespace Orchestrator.Cli.Commands;

/// <summary><c>orch cluster</c>: the servers of the control plane, how they are, who takes part, and the backup of what they hold.</summary>
static class ClusterCommand
{
    /// <summary>A server that says nothing for so long is shown as unreachable.</summary>
    static readonly TimeSpan StatusTimeout = TimeSpan.FromSeconds(2);

    public static Command Create(SharedOptions shared) => new("cluster", "Look after the servers: status, members, backup.")
    {
        Status(shared), Members(shared), Add(shared),
        Change(shared, "promote", "Have a learner vote, once it has caught up.", (client, name, token) => client.PromoteMemberAsync(new PromoteMemberRequest { Name = name }, cancellationToken: token)),
        Change(shared, "remove", "Take a server out of the cluster.", (client, name, token) => client.RemoveMemberAsync(new RemoveMemberRequest { Name = name }, cancellationToken: token)),
        Backup(shared), Restore(), Recover(),
    };

    static Command Status(SharedOptions shared)
    {
        var command = new Command("status", "Show how each server is.");
        command.SetAction(async (parsed, token) =>
        {
            using var cluster = shared.Connect(parsed);
            var members = (await cluster.MaintainAsync(client => client.ListMembersAsync(new ListMembersRequest(), cancellationToken: token).ResponseAsync)).Members;
            var statuses = await Task.WhenAll(members.Select(member => StatusOfAsync(cluster, member, token)));
            var rows = members.Zip(statuses, (member, status) => (IReadOnlyList<string>)
            [
                NameOf(member), Role(status?.Role ?? member.Role), member.Api, status?.Version ?? member.Version, Number(status?.Term), Number(status?.AppliedIndex), Number(status?.Revision),
                Number(status?.Objects), status is null ? "" : $"{status.DataBytes / 1048576.0:0.0} MiB", status is null ? "unreachable" : status.Failure.Length > 0 ? status.Failure : "ok",
            ]);
            Console.Write(TextTable.Text(["NAME", "ROLE", "API", "VERSION", "TERM", "INDEX", "REVISION", "OBJECTS", "DATA", "STATUS"], rows.ToList()));
            var votes = members.Zip(statuses).Where(each => each.First.Role != MemberRole.Learner).ToList();
            var alive = votes.Count(each => each.Second is { Failure.Length: 0 });
            var majority = (votes.Count / 2) + 1;
            Console.WriteLine($"{alive} of {votes.Count} servers that vote answer; {majority} are needed, {int.Max(0, alive - majority)} more may be lost");
            return alive >= majority ? 0 : 1;
        });
        return command;
    }

    static Command Members(SharedOptions shared)
    {
        var command = new Command("members", "List the servers of the cluster.");
        command.SetAction(async (parsed, token) =>
        {
            using var cluster = shared.Connect(parsed);
            Show((await cluster.MaintainAsync(client => client.ListMembersAsync(new ListMembersRequest(), cancellationToken: token).ResponseAsync)).Members);
            return 0;
        });
        return command;
    }

    static Command Add(SharedOptions shared)
    {
        var name = new Argument<string>("name") { Description = "what the server is called" };
        var address = new Argument<string>("address") { Description = "its address, as host[:port of the API]" };
        var command = new Command("add", "Note a server as a learner. `orchd server --join` does that by itself.") { name, address };
        command.SetAction(async (parsed, token) =>
        {
            var api = SharedOptions.AddressOf(parsed.GetValue(address)!); // required
            var request = new AddMemberRequest { Name = parsed.GetValue(name)!, Api = api.ToString(), Raft = $"{api.Host}:{api.Port + 1}" }; // required
            using var cluster = shared.Connect(parsed);
            Show((await cluster.MaintainAsync(client => client.AddMemberAsync(request, cancellationToken: token).ResponseAsync)).Members);
            return 0;
        });
        return command;
    }

    static Command Change(SharedOptions shared, string verb, string description, Func<Maintenance.MaintenanceClient, string, CancellationToken, AsyncUnaryCall<ListMembersReply>> change)
    {
        var name = new Argument<string>("name") { Description = "the server's name, as `orch cluster members` shows it" };
        var command = new Command(verb, description) { name };
        command.SetAction(async (parsed, token) =>
        {
            using var cluster = shared.Connect(parsed);
            Show((await cluster.MaintainAsync(client => change(client, parsed.GetValue(name)!, token).ResponseAsync)).Members); // required
            return 0;
        });
        return command;
    }

    static Command Backup(SharedOptions shared)
    {
        var file = new Argument<string>("file") { Description = "where to write it; it must not be there yet" };
        var command = new Command("backup", "Write everything the cluster holds into a file, for `orchd server restore`.") { file };
        command.SetAction(async (parsed, token) =>
        {
            var path = parsed.GetValue(file)!; // required
            if (File.Exists(path)) throw new CliException($"{path} is there already; choose another name");
            using var cluster = shared.Connect(parsed);
            var summary = await cluster.MaintainAsync(client => SaveAsync(client, path, token));
            Console.WriteLine($"{path}: revision {summary.Revision}, {summary.Objects} objects, sha256 {Convert.ToHexStringLower(summary.Sha256.Span)}");
            return 0;
        });
        return command;
    }

    static Command Restore() => Elsewhere("restore", "Make a new cluster from a backup: on the servers themselves.",
        "a backup is restored where the data are to be, before the server is started: on the first server of the new cluster run\n  orchd server restore FILE --advertise ADDRESS\nand then start it; the others join it anew, with a token of `orch token create`");

    static Command Recover() => Elsewhere("recover", "Go on after a majority of the servers is lost for ever: on a server that survived.",
        "a cluster that has lost its majority is recovered on a server that survived: stop orchd there and run\n  orchd server recover --advertise ADDRESS\nIt shows what it has found, and does nothing before it is told --yes");

    static Command Elsewhere(string verb, string description, string how)
    {
        var command = new Command(verb, description);
        command.SetAction(_ =>
        {
            Console.Error.WriteLine(how);
            return 1;
        });
        return command;
    }

    static async Task<BackupSummary> SaveAsync(Maintenance.MaintenanceClient client, string path, CancellationToken token)
    {
        var partial = path + ".partial";
        try
        {
            using var call = client.Backup(new BackupRequest(), cancellationToken: token);
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            BackupSummary? summary = null;
            await using (var saved = new FileStream(partial, FileMode.Create, FileAccess.Write))
            {
                await foreach (var part in call.ResponseStream.ReadAllAsync(token))
                {
                    summary = part.Summary ?? summary;
                    hash.AppendData(part.Data.Span);
                    await saved.WriteAsync(part.Data.Memory, token);
                }

                saved.Flush(flushToDisk: true);
            }

            if (summary is null || !hash.GetHashAndReset().AsSpan().SequenceEqual(summary.Sha256.Span))
                throw new CliException("the backup did not arrive whole; nothing was written");
            File.Move(partial, path);
            return summary;
        }
        finally
        {
            File.Delete(partial);
        }
    }

    static async Task<ServerStatus?> StatusOfAsync(ClusterConnection cluster, Member member, CancellationToken token)
    {
        if (!Uri.TryCreate(member.Api, UriKind.Absolute, out var api)) return null;
        try
        {
            return await cluster.MaintenanceAt(api).StatusAsync(new StatusRequest(), deadline: DateTime.UtcNow + StatusTimeout, cancellationToken: token);
        }
        catch (RpcException) when (!token.IsCancellationRequested)
        {
            return null;
        }
    }

    static void Show(IEnumerable<Member> members) => Console.Write(TextTable.Text(
        ["NAME", "ROLE", "RAFT", "API", "VERSION"],
        members.Select(member => (IReadOnlyList<string>)[NameOf(member), Role(member.Role), member.Raft, member.Api, member.Version]).ToList()));

    static string NameOf(Member member) => member.Name.Length > 0 ? member.Name : "<unknown>";

    static string Role(MemberRole role) => role switch
    {
        MemberRole.Leader => "leader",
        MemberRole.Follower => "follower",
        MemberRole.Learner => "learner",
        MemberRole.Unknown => "unknown",
        _ => role.ToString(),
    };

    static string Number(long? number) => number?.ToString(CultureInfo.InvariantCulture) ?? "";
}
