using System.Globalization;
using Orchestrator.Runtime.Syscalls;

namespace Orchestrator.Runtime.Shim;

/// <summary>A container's log on disk, rotated by size: 0.log, then 0.log.1 (the newest of the old) up to 0.log.N.</summary>
sealed class LogFile : IDisposable
{
    public const long DefaultMostBytes = 10 * 1024 * 1024;
    public const int DefaultMostFiles = 5;

    const int FileMode = 0x1A0; // 0640

    readonly string _path;
    readonly long _mostBytes;
    readonly int _mostFiles;
    readonly Action<string> _trouble;
    bool _isLosing;
    Fd _file;
    long _bytes;

    /// <param name="path">Absolute; never followed if it is a link.</param>
    /// <param name="mostBytes">The size at which a new file is begun.</param>
    /// <param name="mostFiles">How many files there are in all, with the current one.</param>
    /// <param name="trouble">Told once when lines begin to be lost, such as on a full disk.</param>
    public LogFile(string path, long mostBytes, int mostFiles, Action<string> trouble)
    {
        (_path, _mostBytes, _mostFiles, _trouble) = (path, mostBytes, mostFiles, trouble);
        _file = Open();
    }

    /// <summary>
    /// Appends whole lines. If the disk does not take them they are lost, and said to be: the container must not stand still for its log.
    /// </summary>
    public void Append(ReadOnlySpan<byte> lines)
    {
        try
        {
            if (_bytes > 0 && _bytes + lines.Length > _mostBytes) Rotate();
            Kernel.WriteAll(_file.Number, lines, _path);
            _bytes += lines.Length;
            _isLosing = false;
        }
        catch (SyscallException e)
        {
            if (!_isLosing) _trouble($"log lines are lost: {e.Message}");
            _isLosing = true;
        }
    }

    public void Dispose() => _file.Dispose();

    void Rotate()
    {
        for (var i = _mostFiles - 1; i >= 1; i--)
        {
            var from = i == 1 ? _path : Old(i - 1);
            if (Kernel.Stat(from) is not null) Kernel.Rename(from, Old(i));
        }

        if (_mostFiles == 1) Kernel.RemoveFile(_path);
        var full = _file;
        _file = Open();
        full.Dispose();
    }

    string Old(int number) => _path + "." + number.ToString(CultureInfo.InvariantCulture);

    Fd Open()
    {
        // Non-blocking, so that a fifo put in the file's place can't hold the shim up.
        var file = Kernel.Open(_path, O.WRONLY | O.CREAT | O.APPEND | O.NOFOLLOW | O.NONBLOCK, FileMode);
        var facts = Kernel.Stat(file, _path);
        if (!facts.IsRegular)
        {
            file.Dispose();
            throw new InvalidOperationException($"{_path}: not a regular file");
        }

        _bytes = facts.Bytes;
        return file;
    }
}
