using DotNext.IO;
using DotNext.Net.Cluster.Consensus.Raft;

namespace Orchestrator.ControlPlane.Store.Raft;

/// <summary>An entry of a leader's request, whole in memory.</summary>
readonly struct ReceivedEntry : IRaftLogEntry
{
    public required long Term { get; init; }

    public required int? CommandId { get; init; }

    public required bool IsConfiguration { get; init; }

    public required ReadOnlyMemory<byte> Content { get; init; }

    public bool IsSnapshot => false;

    public bool IsReusable => true;

    public long? Length => Content.Length;

    /// <exception cref="InvalidOperationException">It is a snapshot, which no request of entries contains.</exception>
    public static async ValueTask<ReceivedEntry> ReadAsync<TEntry>(TEntry entry, CancellationToken token)
        where TEntry : IRaftLogEntry
    {
        if (entry.IsSnapshot) throw new InvalidOperationException("A snapshot came among entries.");
        return new ReceivedEntry
        {
            Term = entry.Term,
            CommandId = entry.CommandId,
            IsConfiguration = entry.IsConfiguration,
            Content = await entry.ToByteArrayAsync(token: token),
        };
    }

    public bool TryGetMemory(out ReadOnlyMemory<byte> memory)
    {
        memory = Content;
        return true;
    }

    public ValueTask WriteToAsync<TWriter>(TWriter writer, CancellationToken token)
        where TWriter : IAsyncBinaryWriter => writer.WriteAsync(Content, lengthFormat: null, token);
}
