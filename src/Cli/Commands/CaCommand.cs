using System.CommandLine;
using System.Globalization;
using Orchestrator.Cli.Connection;
using Orchestrator.Cli.Output;
using Orchestrator.Contracts;

namespace Orchestrator.Cli.Commands;

/// <summary><c>orch ca</c>: the authority that signs the certificates of the cluster's machines and users.</summary>
static class CaCommand
{
    /// <summary>The first characters of a digest are enough to tell two apart.</summary>
    const int ShortDigest = 12;

    static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(300);

    /// <summary>After so long without progress those are named that are waited for.</summary>
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public static Command Create(SharedOptions shared) => new("ca", "See the cluster's certificate authority, and replace it.") { Status(shared), Rotate(shared) };

    static Command Status(SharedOptions shared)
    {
        var command = new Command("status", "Show which CA signs, and which machines have followed a rotation.");
        command.SetAction(async (parsed, token) =>
        {
            using var cluster = shared.Connect(parsed);
            var status = await AskAsync(cluster, token);
            Console.WriteLine($"signing: {status.Signing} (until {DateTimeOffset.FromUnixTimeSeconds(status.ExpiresUnixSeconds).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)})");
            Console.WriteLine(Stage(status));
            Console.WriteLine();
            var rows = status.Members.Select(member => (IReadOnlyList<string>)[member.Name, member.Role, member.Trusts ? "yes" : "not yet", member.Renewed ? "yes" : "not yet"]);
            Console.Write(TextTable.Text(["NAME", "ROLE", "TRUSTS", "RENEWED"], rows.ToList()));
            return 0;
        });
        return command;
    }

    static Command Rotate(SharedOptions shared)
    {
        var detach = new Option<bool>("--detach", "-d") { Description = "begin it, and don't wait until it is done" };
        var command = new Command("rotate", "Replace the CA: a new one is trusted by all machines, signs all their certificates anew, and then the old one is trusted no more. Nothing is interrupted.") { detach };
        command.SetAction(async (parsed, token) =>
        {
            using var cluster = shared.Connect(parsed);
            var status = await cluster.AskAccessAsync(client => client.RotateAuthorityAsync(new RotateAuthorityRequest(), cancellationToken: token).ResponseAsync);
            if (parsed.GetValue(detach))
            {
                Console.WriteLine($"{Stage(status)}; `orch ca status` shows how far it is");
                return 0;
            }

            status = await FollowAsync(cluster, status, token);
            Console.WriteLine($"the cluster's CA is {Short(status.Signing)} now, and the one before is trusted no more");
            if (await shared.RenewAsync(parsed, cluster, token)) Console.WriteLine($"the certificate in {ConfigFile.Path} is a new one");
            Console.WriteLine("join tokens from before are worth nothing, and so are copies of admin.json: copy it anew from a server's data directory");
            return 0;
        });
        return command;
    }

    static async Task<AuthorityStatus> FollowAsync(ClusterConnection cluster, AuthorityStatus status, CancellationToken token)
    {
        var (told, since) = ("", Environment.TickCount64);
        var named = false;
        while (status.Stage != "settled")
        {
            if (Stage(status) is var now && now != told)
            {
                Console.WriteLine(now);
                (told, since, named) = (now, Environment.TickCount64, false);
            }

            if (!named && Environment.TickCount64 - since > Patience.TotalMilliseconds)
            {
                named = true;
                foreach (var member in status.Members.Where(member => !Done(status, member)))
                    Console.WriteLine($"waiting for {member.Role} {member.Name}: it follows as soon as it is up; if it is gone for good, {(member.Role == "server" ? "`orch cluster remove" : "`orch node rm")} {member.Name}`");
            }

            await Task.Delay(Pause, token);
            status = await AskAsync(cluster, token);
        }

        return status;
    }

    static Task<AuthorityStatus> AskAsync(ClusterConnection cluster, CancellationToken token) =>
        cluster.AskAccessAsync(client => client.GetAuthorityStatusAsync(new AuthorityStatusRequest(), cancellationToken: token).ResponseAsync);

    static string Stage(AuthorityStatus status)
    {
        var progress = $"{status.Members.Count(member => Done(status, member))} of {status.Members.Count} machines";
        return status.Stage switch
        {
            "introducing" => $"the new CA {Short(status.Coming)} is being made known: {progress} trust it",
            "replacing" => $"the new CA {Short(status.Coming)} signs: {progress} have a certificate of it",
            _ => "no rotation is under way",
        };
    }

    static bool Done(AuthorityStatus status, AuthorityMember member) => status.Stage == "introducing" ? member.Trusts : member.Renewed;

    static string Short(string digest) => digest[..ShortDigest];
}
