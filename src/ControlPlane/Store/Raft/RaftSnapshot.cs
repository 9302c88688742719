using DotNext.IO;
using DotNext.Net.Cluster.Consensus.Raft.StateMachine;

namespace Orchestrator.ControlPlane.Store.Raft;

/// <summary>
/// A published snapshot file as the library wants to see it: a log entry that stands for all before it.
/// </summary>
sealed class RaftSnapshot(string path, long index, long term, long bytes) : ISnapshot
{
    const int CopyBytes = 128 * 1024;

    public string Path => path;
    public long Index => index;
    public long Term => term;
    public long? Length => bytes;
    public int? CommandId => null;
    public bool IsConfiguration => false;
    public bool IsReusable => true;

    public async ValueTask WriteToAsync<TWriter>(TWriter writer, CancellationToken token)
        where TWriter : IAsyncBinaryWriter
    {
        await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1, useAsync: true);
        var buffer = new byte[CopyBytes];
        int read;
        while ((read = await file.ReadAsync(buffer, token)) > 0)
        {
            await writer.WriteAsync(buffer.AsMemory(0, read), lengthFormat: null, token);
        }
    }
}
