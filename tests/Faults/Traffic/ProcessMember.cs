using System.Runtime.CompilerServices;
using Orchestrator.ControlPlane.Tests.Store;
using Orchestrator.Model;
using Orchestrator.Model.State;

namespace Orchestrator.Faults.Traffic;

/// <summary>A server in a process of its own, which is killed and paused under its clients.</summary>
sealed class ProcessMember(string name, StoreProcess process) : IMember
{
    /// <summary>After this a client gives up: longer than a failover, so that some requests live through one.</summary>
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>Before the next try at a server that does not run.</summary>
    static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    public string Name => name;

    public async Task<Reply?> DoAsync(Transaction transaction)
    {
        try
        {
            var asked = transaction.IsRead
                ? process.AskAsync("objects")
                : process.AskAsync("command", Convert.ToBase64String(ModelJson.Encode(Translation.Command(transaction))));
            var answer = await asked.WaitAsync(Patience);
            if (answer == "gone") await Task.Delay(Pause);
            if (answer == "gone" || answer.StartsWith("error ", StringComparison.Ordinal)) return null;
            return transaction.IsRead
                ? Translation.Reply(transaction, answer)
                : Translation.Reply(ModelJson.Decode<ApplyResult>(System.Text.Encoding.UTF8.GetBytes(answer)));
        }
        catch (TimeoutException)
        {
            return null;
        }
    }

    public async IAsyncEnumerable<Event> FollowAsync(long after, [EnumeratorCancellation] CancellationToken token)
    {
        if (!process.Runs) yield break;
        await foreach (var answer in process.Send("follow", $"{after}").ReadAllAsync(token))
        {
            if (answer.StartsWith("error ", StringComparison.Ordinal)) throw new IOException(answer);
            yield return Translation.Event(answer);
        }
    }
}
