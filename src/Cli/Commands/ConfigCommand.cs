using System.CommandLine;
using Orchestrator.Cli.Connection;
using Orchestrator.Cli.Output;
using Orchestrator.Contracts;

namespace Orchestrator.Cli.Commands;

/// <summary><c>orch config</c>: the clusters a person works with.</summary>
static class ConfigCommand
{
    public static Command Create() => new("config", "Choose the cluster that is meant.")
    {
        List(), Current(), Use(), Set(), Forget(),
    };

    static Command List()
    {
        var command = new Command("get-contexts", "Show the clusters that are known.");
        command.SetAction(_ =>
        {
            var file = ConfigFile.Read();
            var rows = file.ByName.OrderBy(each => each.Key, StringComparer.Ordinal).Select(each => (IReadOnlyList<string>)
                [each.Key == file.CurrentContext ? "*" : "", each.Key, string.Join(',', each.Value.Servers), each.Value.Namespace ?? ""]);
            Console.Write(TextTable.Text(["CURRENT", "NAME", "SERVERS", "NAMESPACE"], rows.ToList()));
            return 0;
        });
        return command;
    }

    static Command Use()
    {
        var name = new Argument<string>("name");
        var command = new Command("use-context", "Mean this cluster from now on.") { name };
        command.SetAction(parsed =>
        {
            var (file, chosen) = (ConfigFile.Read(), parsed.GetValue(name)!); // required
            if (!file.ByName.ContainsKey(chosen)) throw new CliException($"there is no context {chosen}; `orch config get-contexts` lists them");
            ConfigFile.Write(file with { CurrentContext = chosen });
            Console.WriteLine($"Switched to context \"{chosen}\".");
            return 0;
        });
        return command;
    }

    static Command Current()
    {
        var command = new Command("current-context", "Show the name of the cluster that is meant.");
        command.SetAction(_ =>
        {
            Console.WriteLine(ConfigFile.Read().CurrentContext ?? throw new CliException("no context is chosen; `orch config use-context` chooses one"));
            return 0;
        });
        return command;
    }

    static Command Forget()
    {
        var name = new Argument<string>("name");
        var command = new Command("delete-context", "Forget a cluster.") { name };
        command.SetAction(parsed =>
        {
            var (file, chosen) = (ConfigFile.Read(), parsed.GetValue(name)!); // required
            if (!file.ByName.ContainsKey(chosen)) throw new CliException($"there is no context {chosen}; `orch config get-contexts` lists them");
            var rest = file.ByName.Where(each => each.Key != chosen).ToDictionary();
            ConfigFile.Write(file with { ByName = rest, CurrentContext = file.CurrentContext == chosen ? null : file.CurrentContext });
            Console.WriteLine($"Context \"{chosen}\" deleted.");
            return 0;
        });
        return command;
    }

    static Command Set()
    {
        var name = new Argument<string>("name");
        var command = new Command("set-context", "Remember the servers (--server) and the namespace (-n) of a cluster.") { name };
        command.SetAction(parsed =>
        {
            var (file, chosen) = (ConfigFile.Read(), parsed.GetValue(name)!); // required
            var known = file.ByName.GetValueOrDefault(chosen);
            var servers = parsed.GetValue<string>("--server")?.Split(',', StringSplitOptions.RemoveEmptyEntries) ?? known?.Servers ?? throw new CliException("give the servers with --server");
            foreach (var server in servers) SharedOptions.AddressOf(server);
            var context = (known ?? ConfigFile.Find(null) ?? new Context(servers)) with { Servers = servers, Namespace = parsed.GetValue<string>("--namespace") ?? known?.Namespace };
            var contexts = new Dictionary<string, Context>(file.ByName) { [chosen] = context };
            ConfigFile.Write(file with { ByName = contexts, CurrentContext = file.CurrentContext ?? chosen });
            Console.WriteLine($"Context \"{chosen}\" {(known is null ? "created" : "modified")}.");
            return 0;
        });
        return command;
    }
}
