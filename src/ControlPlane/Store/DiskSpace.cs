namespace Orchestrator.ControlPlane.Store;

/// <summary>
/// How much room the disk of the log has. A log that runs into a full disk has failed until it is opened anew; so writes are refused before.
/// </summary>
sealed class DiskSpace(string directory, string server, long minFreeBytes, TimeProvider clock)
{
    /// <summary>Between two looks at most: others may fill the disk as well.</summary>
    static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(250);

    /// <summary>Between two looks at most this part of what is kept back is written here, however fast the disk is.</summary>
    const int Part = 8;

    readonly Lock _access = new();

    long _looked;
    long _written;
    long _free = long.MaxValue;

    /// <param name="bytes">How much is to be written.</param>
    /// <param name="freesSpace">The write only deletes.</param>
    /// <exception cref="DiskFullException">There is too little room.</exception>
    public void Check(long bytes, bool freesSpace)
    {
        var free = Free(bytes);
        var needed = freesSpace ? minFreeBytes / 2 : minFreeBytes;
        if (free < needed)
            throw new DiskFullException($"The disk of server {server} is full ({directory} has {free >> 20} MiB left, and {needed >> 20} are kept back): nothing is written until there is room. Reads go on, and so do deletions for a while.");
    }

    long Free(long bytes)
    {
        lock (_access)
        {
            _written += bytes;
            if (_looked != 0 && _written < minFreeBytes / Part && clock.GetElapsedTime(_looked) < LookAgain) return _free;
            (_looked, _written) = (clock.GetTimestamp(), 0);
            return _free = Directory.Exists(directory) ? new DriveInfo(directory).AvailableFreeSpace : long.MaxValue;
        }
    }
}
