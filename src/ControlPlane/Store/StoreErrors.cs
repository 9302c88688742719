using System.Net;

namespace Orchestrator.ControlPlane.Store;

/// <summary>
/// The store can't answer now. Whoever maps errors to a wire protocol maps this family to "unavailable".
/// </summary>
public abstract class StoreUnavailableException(string message, Exception? cause = null) : Exception(message, cause);

/// <summary>This member does not lead. Nothing was written.</summary>
public sealed class NotLeaderException(IPEndPoint? leader, Exception? cause = null)
    : StoreUnavailableException(
        leader is null ? "This server does not lead, and knows no leader." : $"This server does not lead; {leader} does.",
        cause)
{
    /// <summary>Who leads instead, if known.</summary>
    public IPEndPoint? Leader { get; } = leader;
}

/// <summary>No member could be found that leads, within the time allowed. Nothing was written.</summary>
public sealed class NoLeaderException(TimeSpan waited, Exception? cause = null)
    : StoreUnavailableException(
        $"The cluster has no leader that can be reached from this server (tried for {waited.TotalSeconds:0.0} s).", cause);

/// <summary>
/// The answer to a write did not arrive: it may have been applied, or may yet be. Repeat it with the same request id.
/// </summary>
public class OutcomeUnknownException(string why, Exception? cause = null)
    : StoreUnavailableException($"The write timed out or its leader was lost, and its outcome is unknown: {why}", cause);

/// <summary>So many commands came after a write that its answer is forgotten: repeating it might do it twice.</summary>
sealed class ForgottenException() : OutcomeUnknownException("too much was written since to tell whether it was applied.");

/// <summary>More writes wait than the store could take in time. Nothing was written.</summary>
public sealed class StoreBusyException(Exception? cause = null)
    : StoreUnavailableException("The store could not take the write in time; nothing was written.", cause);

/// <summary>The leader's disk is nearly full: nothing was written, and reads go on. It takes writes again when there is room.</summary>
public sealed class DiskFullException(string message) : StoreUnavailableException(message);

/// <summary>This member's log broke (a full or failing disk) and serves nothing until it is opened anew.</summary>
public sealed class LogFailedException(Exception cause)
    : StoreUnavailableException($"This server's log failed: {cause.Message}", cause);

/// <summary>
/// What was asked for of the past is no longer kept. A watcher reads the state anew and watches from its revision.
/// </summary>
public sealed class CompactedException : Exception
{
    /// <summary>The changes after a revision are no longer kept.</summary>
    /// <param name="oldest">The oldest revision that a watch can still deliver.</param>
    public CompactedException(long after, long oldest)
        : this(oldest, $"The changes after revision {after} are no longer kept here; the oldest kept is revision {oldest}.")
    {
    }

    CompactedException(long oldest, string message)
        : base(message) => Oldest = oldest;

    /// <summary>The oldest revision of which what was asked for can be had.</summary>
    public long Oldest { get; }

    internal static CompactedException Read(long revision, long oldest) =>
        new(oldest, $"Revision {revision} is no longer kept; the oldest that can be read is {oldest}.");

    internal static CompactedException Read(DateTimeOffset time, long oldest, DateTimeOffset? oldestTime) =>
        new(oldest, $"The state of {Text(time)} is no longer kept; the oldest that can be read is revision {oldest}{(oldestTime is { } known ? $", before {Text(known)}" : "")}.");

    static string Text(DateTimeOffset time) => time.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", System.Globalization.CultureInfo.InvariantCulture);
}

/// <summary>A revision was asked for that is not there yet.</summary>
public sealed class FutureRevisionException(long revision, long newest)
    : ArgumentException($"There is no revision {revision} yet; the newest is {newest}.");

/// <summary>An object, or a transaction as a whole, is larger than it may be.</summary>
public sealed class CommandTooLargeException(string what, int bytes, int limit)
    : ArgumentException($"{what} has {bytes} bytes; at most {limit} are allowed.");

/// <summary>The members of the cluster can't be changed as was asked; they are as they were.</summary>
public sealed class MembershipException(string why) : InvalidOperationException(why);

/// <summary>Another process works in the data directory.</summary>
public sealed class DataDirectoryInUseException(string directory, string holder, Exception? cause = null)
    : IOException($"The data directory {directory} is in use by {holder}: stop it, or choose another directory.", cause)
{
    /// <summary>The directory that was asked for.</summary>
    public string Directory { get; } = directory;
}

/// <summary>The data directory was made for other servers than the one it is opened for.</summary>
public sealed class NotAMemberException(string directory, IPEndPoint self, IEnumerable<EndPoint> members)
    : InvalidOperationException(
        $"The data directory {directory} belongs to the cluster of {string.Join(", ", members.Select(each => each.ToString()).Order())}, "
        + $"and {self} is none of them: start with one of these addresses, or join the cluster with another directory.");

/// <summary>What this server has on its disk is not what was written: torn, truncated or altered. It serves nothing of it.</summary>
public abstract class CorruptDataException(string file, string message) : IOException(message)
{
    /// <summary>The damaged file.</summary>
    public string File { get; } = file;
}

/// <summary>A snapshot is damaged.</summary>
public sealed class CorruptSnapshotException(string file, string why)
    : CorruptDataException(file, $"The snapshot {file} is damaged: {why}. A server that has others is rebuilt from them; the data of one alone come back from a backup.");

/// <summary>An entry of the log is damaged.</summary>
public sealed class CorruptLogException(string file, string why)
    : CorruptDataException(file, $"The log is damaged: {why}. A server that has others is rebuilt from them; the data of one alone come back from a backup.");
