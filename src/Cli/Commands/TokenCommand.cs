using System.CommandLine;
using System.Globalization;
using Orchestrator.Cli.Connection;
using Orchestrator.Cli.Output;
using Orchestrator.Contracts;

namespace Orchestrator.Cli.Commands;

/// <summary><c>orch token</c>: who may join the cluster.</summary>
static class TokenCommand
{
    public static Command Create(SharedOptions shared) => new("token", "Let machines join the cluster: create, list and revoke join tokens.")
    {
        Make(shared), List(shared), Revoke(shared),
    };

    static Command Make(SharedOptions shared)
    {
        var role = new Option<string>("--role") { Description = "what the machine joins as: server, agent or ingress", Required = true };
        role.AcceptOnlyFromAmong("server", "agent", "ingress");
        var ttl = new Option<string>("--ttl") { Description = "how long the token is good, such as 30m, 24h or 7d", DefaultValueFactory = _ => "24h" };
        var once = new Option<bool>("--once") { Description = "good for one machine only" };
        var quiet = new Option<bool>("--quiet", "-q") { Description = "print the token alone" };
        var command = new Command("create", "Make a token and print the command that joins with it.") { role, ttl, once, quiet };
        command.SetAction(async (parsed, token) =>
        {
            using var cluster = shared.Connect(parsed);
            var request = new CreateTokenRequest { Role = parsed.GetValue(role)!, TtlSeconds = Seconds(parsed.GetValue(ttl)!), Once = parsed.GetValue(once) }; // required, and has a default
            var made = await cluster.AskAccessAsync(client => client.CreateTokenAsync(request, cancellationToken: token).ResponseAsync);
            Console.WriteLine(parsed.GetValue(quiet) ? made.Token : $"orchd {request.Role} --join {string.Join(',', made.Servers.Select(server => new Uri(server).Authority))} --token {made.Token}");
            return 0;
        });
        return command;
    }

    static Command List(SharedOptions shared)
    {
        var command = new Command("ls", "List the tokens that are good; their secrets are kept nowhere.");
        command.Aliases.Add("list");
        command.SetAction(async (parsed, token) =>
        {
            using var cluster = shared.Connect(parsed);
            var reply = await cluster.AskAccessAsync(client => client.ListTokensAsync(new ListTokensRequest(), cancellationToken: token).ResponseAsync);
            var rows = reply.Tokens.Select(each => (IReadOnlyList<string>)[each.Id, each.Role, Until(each.ExpiresUnixSeconds), each.Once ? "once" : "any", each.CreatedBy]);
            Console.Write(TextTable.Text(["ID", "ROLE", "EXPIRES", "USES", "CREATED BY"], rows.ToList()));
            return 0;
        });
        return command;
    }

    static Command Revoke(SharedOptions shared)
    {
        var id = new Argument<string>("id") { Description = "as `orch token ls` shows it" };
        var command = new Command("revoke", "Have a token be good for nothing. Who has joined with it stays.") { id };
        command.SetAction(async (parsed, token) =>
        {
            using var cluster = shared.Connect(parsed);
            var named = parsed.GetValue(id)!; // required
            await cluster.AskAccessAsync(client => client.RevokeTokenAsync(new RevokeTokenRequest { Id = named }, cancellationToken: token).ResponseAsync);
            Console.WriteLine($"token {named} revoked");
            return 0;
        });
        return command;
    }

    static string Until(long unixSeconds) => DateTimeOffset.FromUnixTimeSeconds(unixSeconds).ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    /// <exception cref="CliException">It is no duration.</exception>
    internal static long Seconds(string text)
    {
        var unit = text.Length > 0 ? text[^1] switch { 's' => 1, 'm' => 60, 'h' => 3600, 'd' => 86400, _ => 0 } : 0;
        return unit > 0 && long.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count is > 0 and < int.MaxValue
            ? count * unit
            : throw new CliException($"--ttl {text} is no duration; write a number and s, m, h or d, such as 24h");
    }
}
