using Orchestrator.ControlPlane.Store;

namespace Orchestrator.ControlPlane.Tests.Store;

/// <summary>
/// Three members of one Raft log in this process.
/// </summary>
sealed class RaftTrio : IAsyncDisposable
{
    RaftTrio(RaftMember[] members) => Members = members;

    public RaftMember[] Members { get; }

    public static async Task<RaftTrio> OpenAsync(TempDirectory temp, Func<StoreOptions, StoreOptions>? change = null)
    {
        var endpoints = Ports.Free(3);
        var opened = new List<RaftMember>();
        foreach (var endpoint in endpoints.Reverse())
        {
            var options = new StoreOptions(temp[$"member-{endpoint.Port}"], endpoint, RaftMember.Members(endpoints));
            opened.Add(await RaftMember.OpenAsync(change?.Invoke(options) ?? options));
        }

        return new RaftTrio([.. opened]);
    }

    /// <summary>The member that leads, once one does.</summary>
    public async Task<RaftMember> LeaderAsync(RaftMember? except = null)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        var leads = await Task.WhenAny(Members.Where(member => member != except).Select(async member =>
        {
            await member.Log.WaitForLeadershipAsync(patience.Token);
            return member;
        }));
        return await leads;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var member in Members) await member.DisposeAsync();
    }
}
