using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Orchestrator.NodeAgent.Syscalls;

namespace Orchestrator.NodeAgent.Logs;

/// <summary>
/// One file of a container's log, read record by record from its beginning; more records may come later. Opened so
/// that no link is followed and nothing but a regular file is read (CVE-2026-53489).
/// </summary>
sealed class LogFile : IDisposable
{
    // The shim cuts lines at 16 KiB; a longer record is not its work and is skipped.
    const int RecordBytes = 64 * 1024;
    const int ReadBytes = 64 * 1024;

    readonly SafeFileHandle _file;
    readonly byte[] _buffer = new byte[RecordBytes + ReadBytes];
    long _position;
    int _start;
    int _end;
    bool _skipping;

    LogFile(SafeFileHandle file) => _file = file;

    /// <summary>Opens a log file; null when there is none.</summary>
    public static LogFile? TryOpen(string path)
    {
        var fd = Libc.Open(path, Libc.ORdonly | Libc.ONofollow | Libc.ONonblock | Libc.OCloexec, 0);
        if (fd < 0)
        {
            var errno = Marshal.GetLastPInvokeError();
            return errno == Errno.Enoent ? null : throw new SyscallException("open", errno, path);
        }

        SafeFileHandle file = new(fd, ownsHandle: true);
        if (FileKinds.IsRegular(file))
            return new LogFile(file);
        file.Dispose();
        throw new InvalidDataException($"{path} is not a regular file");
    }

    /// <summary>The next whole record; null at the present end.</summary>
    public CriLine? Next()
    {
        while (true)
        {
            var newline = _buffer.AsSpan(_start, _end - _start).IndexOf((byte)'\n');
            if (newline >= 0)
            {
                var record = _buffer.AsSpan(_start, newline).ToArray();
                _start += newline + 1;
                var skip = _skipping;
                _skipping = false;
                if (!skip && CriLine.Parse(record) is { } line)
                    return line;
            }
            else if (!Fill())
            {
                return null;
            }
        }
    }

    /// <summary>True when the path now names another file than this one: it was rotated away.</summary>
    public bool IsRotated(string path)
    {
        using var now = TryOpen(path);
        return now is null || FileKinds.Identity(now._file) != FileKinds.Identity(_file);
    }

    bool Fill()
    {
        if (_end - _start > RecordBytes)
        {
            _skipping = true;
            _start = _end;
        }

        _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
        _end -= _start;
        _start = 0;
        var read = RandomAccess.Read(_file, _buffer.AsSpan(_end), _position);
        _position += read;
        _end += read;
        return read > 0;
    }

    public void Dispose() => _file.Dispose();
}
