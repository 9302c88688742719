namespace Orchestrator.ControlPlane.Store;

/// <summary>
/// How much room the disk of the log has. A log that runs into a full disk has failed until it is opened anew; so writes are refused before.
/// </summary>
sealed class DiskSpace(string directory, string server, long minFreeBytes, TimeProvider clock)
{
    /// <summary>Between two looks: a disk fills more slowly than this, as fast as the log can.</summary>
    static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(250);

    readonly Lock _access = new();

    long _looked;
    long _free = long.MaxValue;

    /// <param name="freesSpace">The write only deletes.</param>
    /// <exception cref="DiskFullException">There is too little room.</exception>
    public void Check(bool freesSpace)
    {
        var free = Free();
        var needed = freesSpace ? minFreeBytes / 2 : minFreeBytes;
        if (free < needed)
            throw new DiskFullException($"The disk of server {server} is full ({directory} has {free >> 20} MiB left, and {needed >> 20} are kept back): nothing is written until there is room. Reads go on, and so do deletions for a while.");
    }

    long Free()
    {
        lock (_access)
        {
            if (_looked != 0 && clock.GetElapsedTime(_looked) < LookAgain) return _free;
            _looked = clock.GetTimestamp();
            return _free = Directory.Exists(directory) ? new DriveInfo(directory).AvailableFreeSpace : long.MaxValue;
        }
    }
}
