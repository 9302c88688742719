using System.Globalization;

namespace Orchestrator.ControlPlane.Store.Raft;

/// <summary>
/// Keeps a second process out of a data directory. The kernel drops the lock with the process, however it ends.
/// </summary>
sealed class DataDirectoryLock : IDisposable
{
    readonly FileStream _held;

    DataDirectoryLock(FileStream held) => _held = held;

    /// <exception cref="DataDirectoryInUseException">Another process, or this one, holds the directory.</exception>
    public static DataDirectoryLock Take(string directory)
    {
        Directory.CreateDirectory(directory);
        var path = Path.Combine(directory, "lock");

        // The holder's number is in a file of its own: an exclusively locked one can't be opened to read it.
        var pidPath = Path.Combine(directory, "lock.pid");
        FileStream held;
        try
        {
            // FileShare.None is flock(2) with LOCK_EX | LOCK_NB.
            held = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 1);
        }
        catch (IOException cause) when (cause is not (FileNotFoundException or DirectoryNotFoundException))
        {
            throw new DataDirectoryInUseException(directory, Holder(pidPath), cause);
        }

        try
        {
            File.WriteAllText(pidPath, Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
            return new DataDirectoryLock(held);
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    public void Dispose() => _held.Dispose();

    static string Holder(string pidPath)
    {
        try
        {
            return $"process {File.ReadAllText(pidPath).Trim()}";
        }
        catch (IOException)
        {
            return "another process";
        }
    }
}
