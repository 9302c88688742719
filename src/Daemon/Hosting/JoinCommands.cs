using Orchestrator.Contracts.Security;
using Orchestrator.ControlPlane.Security;
using Orchestrator.ControlPlane.Store;

namespace Orchestrator.Daemon.Hosting;

/// <summary>What the first server of a new cluster tells whoever started it: how others join.</summary>
static class JoinCommands
{
    static readonly TimeSpan Life = TimeSpan.FromHours(24);

    static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    public static async Task PrintAsync(ServerSettings settings, ClusterAuthority authority, CancellationToken token)
    {
        if (settings.IsDev) return;
        // systemd sets this when what is printed goes to the journal, where no secret belongs (systemd.exec(5)).
        if (Environment.GetEnvironmentVariable("JOURNAL_STREAM") is { Length: > 0 })
        {
            Console.WriteLine("`orch token create --role server` and `--role agent` print the commands by which others join.");
            return;
        }

        var (server, agent) = (await NewAsync(authority, Purpose.Server, token), await NewAsync(authority, Purpose.Agent, token));
        var address = settings.ApiOf(settings.Advertise).Authority;
        Console.WriteLine($"""
            The cluster is made. Within {Life.TotalHours} hours others join it with:
              orchd server --join {address} --token {server}
              orchd agent --join {address} --token {agent}
            Later, `orch token create --role server|agent` prints such a command with a new token.
            """);
    }

    static async Task<string> NewAsync(ClusterAuthority authority, Purpose role, CancellationToken token)
    {
        while (true)
        {
            try
            {
                return await authority.NewTokenAsync(role, Life, token);
            }
            catch (StoreUnavailableException)
            {
                await Task.Delay(Pause, token); // the CA is on its way into the store
            }
        }
    }
}
