using System.Net;
using DotNext.Buffers;
using DotNext.Net;
using DotNext.Net.Cluster.Consensus.Raft.Membership;

namespace Orchestrator.ControlPlane.Store.Raft;

/// <summary>
/// The file that holds who the members of the cluster are.
/// </summary>
sealed class MemberFile(string path) : PersistentClusterConfigurationStorage<EndPoint>(path)
{
    /// <summary>
    /// Writes the first members, unless the file is there. All servers of a new cluster write the same ones, and each
    /// starts as a follower, so that it does not matter which is started first.
    /// </summary>
    /// <param name="version">The index of the log entry that the members are of; an entry after it replaces them.</param>
    public static async Task CreateAsync(string path, IEnumerable<IPEndPoint> members, CancellationToken token, long version = 0)
    {
        if (File.Exists(path))
        {
            return;
        }

        // Under another name first: the library writes a new file in place, and half a file would never be read again.
        var fresh = path + ".new";
        File.Delete(fresh);
        using (var storage = new MemberFile(fresh))
        {
            IClusterConfigurationStorage<EndPoint> written = storage;
            var configuration = await written.LoadConfigurationAsync(token);
            configuration = members.Aggregate(configuration, (each, member) => each.Add(member));
            await written.SaveConfigurationAsync(configuration, version, token);
        }

        File.Move(fresh, path);
        DirectoryFlush.Flush(Path.GetDirectoryName(path)!); // the caller gives a file inside the data directory
    }

    /// <summary>The members as this server last knew them.</summary>
    public static async Task<IReadOnlySet<EndPoint>> ReadAsync(string path, CancellationToken token)
    {
        using var storage = new MemberFile(path);
        IClusterConfigurationStorage<EndPoint> written = storage;
        return (await written.LoadConfigurationAsync(token)).Members;
    }

    protected override void Encode(EndPoint address, ref BufferWriterSlim<byte> writer) => writer.WriteEndPoint(address);

    protected override EndPoint Decode(ref SequenceReader reader) => reader.ReadEndPoint();
}
