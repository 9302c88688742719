using System.Text;

namespace Orchestrator.Runtime.Syscalls;

static unsafe partial class Kernel
{
    const int ReadChunkBytes = 4096;

    public static Fd Open(string path, O flags, int mode = 0)
    {
        fixed (byte* text = Text(path))
            return new Fd((int)Do(path, Call.openat, (nint)At.FDCWD, (nint)text, (nint)(flags | O.CLOEXEC), mode));
    }

    /// <summary>Opens a path if it exists; null if it does not.</summary>
    public static Fd? TryOpen(string path, O flags)
    {
        fixed (byte* text = Text(path))
        {
            var fd = Try(out var errno, Call.openat, (nint)At.FDCWD, (nint)text, (nint)(flags | O.CLOEXEC));
            return errno switch
            {
                Errno.None => new Fd((int)fd),
                Errno.ENOENT or Errno.ENOTDIR or Errno.ENXIO => null,
                _ => throw new SyscallException("openat", errno, path),
            };
        }
    }

    /// <summary>A whole small file, such as one of /proc; throws if it can't be read.</summary>
    public static byte[] ReadFile(string path)
    {
        using var fd = Open(path, O.RDONLY);
        return ReadAll(fd.Number, path);
    }

    /// <summary>A whole small file, or null if it is not there, or goes while it is read: a cgroup's files then say ENODEV.</summary>
    public static byte[]? TryReadFile(string path)
    {
        using var fd = TryOpen(path, O.RDONLY);
        try
        {
            return fd is null ? null : ReadAll(fd.Number, path);
        }
        catch (SyscallException e) when (e.Errno == Errno.ENODEV)
        {
            return null;
        }
    }

    public static string ReadText(string path) => Encoding.UTF8.GetString(ReadFile(path));

    public static string? TryReadText(string path) => TryReadFile(path) is { } bytes ? Encoding.UTF8.GetString(bytes) : null;

    public static byte[] ReadAll(int fd, string target)
    {
        // Most files are small: on the stack they cost the heap nothing but themselves.
        Span<byte> buffer = stackalloc byte[ReadChunkBytes];
        var length = 0;
        while (true)
        {
            var count = Read(fd, buffer[length..], target);
            if (count == 0) return buffer[..length].ToArray();
            length += count;
            if (length < buffer.Length) continue;
            var larger = new byte[buffer.Length * 2];
            buffer.CopyTo(larger);
            buffer = larger;
        }
    }

    public static int Read(int fd, Span<byte> buffer, string target)
    {
        fixed (byte* bytes = buffer)
            return (int)Do(target, Call.read, fd, (nint)bytes, buffer.Length);
    }

    public static void WriteAll(int fd, ReadOnlySpan<byte> data, string target)
    {
        fixed (byte* bytes = data)
        {
            for (var done = 0; done < data.Length;)
                done += (int)Do(target, Call.write, fd, (nint)(bytes + done), data.Length - done);
        }
    }

    /// <summary>Writes a value into an existing kernel file in one call, as cgroup and proc files ask for.</summary>
    public static void WriteSetting(string path, string value)
    {
        using var fd = Open(path, O.WRONLY);
        WriteSetting(fd, path, value);
    }

    /// <summary>Writes one of several values into the same open kernel file.</summary>
    public static void WriteSetting(Fd fd, string path, string value)
    {
        fixed (byte* bytes = Text(value))
            Do($"{path} = {value.TrimEnd()}", Call.write, fd.Number, (nint)bytes, Encoding.UTF8.GetByteCount(value));
    }

    /// <summary>Writes a file that must not be there yet.</summary>
    public static void WriteNewFile(string path, ReadOnlySpan<byte> content, int mode)
    {
        using var fd = Open(path, O.WRONLY | O.CREAT | O.EXCL | O.NOFOLLOW, mode);
        WriteAll(fd.Number, content, path);
    }

    /// <summary>Replaces a file as a whole: readers see the old text or the new, never a part.</summary>
    public static void ReplaceFile(string path, ReadOnlySpan<byte> content, int mode)
    {
        var fresh = path + ".new";
        using (var fd = Open(fresh, O.WRONLY | O.CREAT | O.TRUNC | O.NOFOLLOW, mode))
            WriteAll(fd.Number, content, fresh);
        Rename(fresh, path);
    }

    /// <summary>Makes one directory; false if something of that name was there.</summary>
    public static bool MakeDirectory(string path, int mode)
    {
        var errno = TryMakeDirectory(path, mode);
        if (errno is not (Errno.None or Errno.EEXIST)) throw new SyscallException("mkdirat", errno, path);
        return errno == Errno.None;
    }

    public static Errno TryMakeDirectory(string path, int mode)
    {
        fixed (byte* text = Text(path))
        {
            Try(out var errno, Call.mkdirat, (nint)At.FDCWD, (nint)text, mode);
            return errno;
        }
    }

    public static void MakeFifo(string path)
    {
        const int fifo = 0x1000; // S_IFIFO
        fixed (byte* text = Text(path))
            Do(path, Call.mknodat, (nint)At.FDCWD, (nint)text, fifo | 0x180); // 0600
    }

    /// <summary>Removes an empty directory; returns why not, or None.</summary>
    public static Errno RemoveDirectory(string path)
    {
        fixed (byte* text = Text(path))
        {
            Try(out var errno, Call.rmdir, (nint)text);
            return errno;
        }
    }

    /// <summary>Removes a file; one that is already gone is fine.</summary>
    public static void RemoveFile(string path)
    {
        fixed (byte* text = Text(path))
        {
            Try(out var errno, Call.unlink, (nint)text);
            if (errno is not (Errno.None or Errno.ENOENT)) throw new SyscallException("unlink", errno, path);
        }
    }

    public static (Fd Read, Fd Write) Pipe(O flags = O.RDONLY)
    {
        var ends = stackalloc int[2];
        Do("pipe", Call.pipe2, (nint)ends, (nint)(flags | O.CLOEXEC));
        return (new Fd(ends[0]), new Fd(ends[1]));
    }

    /// <summary>Makes reads of this descriptor return at once. It must not share its open file with others, who would be changed too.</summary>
    public static void MakeNonBlocking(Fd fd)
    {
        const int setStatus = 4; // F_SETFL
        Do("descriptor", Call.fcntl, fd.Number, setStatus, (nint)O.NONBLOCK);
    }

    /// <summary>The same open file under a number of at least the given one, close-on-exec.</summary>
    public static Fd Duplicate(Fd fd, int least)
    {
        const int duplicateCloseOnExec = 1030; // F_DUPFD_CLOEXEC
        return new Fd((int)Do("descriptor", Call.fcntl, fd.Number, duplicateCloseOnExec, least));
    }

    /// <summary>Takes over an inherited descriptor and makes it close-on-exec.</summary>
    public static Fd Inherited(int number)
    {
        const int setFlags = 2, closeOnExec = 1; // F_SETFD, FD_CLOEXEC
        Do($"descriptor {number}", Call.fcntl, number, setFlags, closeOnExec);
        return new Fd(number);
    }

    /// <summary>Takes the exclusive lock of an open file without waiting; false if another has it (flock(2)).</summary>
    public static bool TryLock(Fd fd, string target)
    {
        const int exclusive = 2, noWait = 4;
        Try(out var errno, Call.flock, fd.Number, exclusive | noWait);
        return errno switch
        {
            Errno.None => true,
            Errno.EAGAIN => false,
            _ => throw new SyscallException("flock", errno, target),
        };
    }

    public static void Rename(string from, string to)
    {
        fixed (byte* source = Text(from), target = Text(to))
            Do($"{from} -> {to}", Call.rename, (nint)source, (nint)target);
    }

    /// <summary>The file's type bits (S_IFMT) and, for a device, its number; null if there is none.</summary>
    public static FileFacts? Stat(string path)
    {
        var buffer = stackalloc byte[StatBytes];
        fixed (byte* text = Text(path))
        {
            Try(out var errno, Call.newfstatat, (nint)At.FDCWD, (nint)text, (nint)buffer);
            return errno switch
            {
                Errno.None => Facts(buffer),
                Errno.ENOENT or Errno.ENOTDIR => null,
                _ => throw new SyscallException("newfstatat", errno, path),
            };
        }
    }

    public static FileFacts Stat(Fd fd, string target)
    {
        var buffer = stackalloc byte[StatBytes];
        Do(target, Call.fstat, fd.Number, (nint)buffer);
        return Facts(buffer);
    }

    // struct stat of x86-64: st_ino at 8, st_mode at 24, st_uid at 28, st_gid at 32, st_rdev at 40, st_size at 48.
    static FileFacts Facts(byte* stat) =>
        new(*(uint*)(stat + 24), *(ulong*)(stat + 40), *(long*)(stat + 48), *(ulong*)(stat + 8), *(uint*)(stat + 28), *(uint*)(stat + 32));

    /// <summary>struct stat of x86-64.</summary>
    public const int StatBytes = 144;
}

/// <summary>What stat(2) says: mode with type bits, device number, size in bytes, inode, owner.</summary>
readonly record struct FileFacts(uint Mode, ulong Device, long Bytes, ulong Inode, uint Uid, uint Gid)
{
    const uint TypeMask = 0xF000;

    public bool IsDirectory => (Mode & TypeMask) == 0x4000;

    public bool IsRegular => (Mode & TypeMask) == 0x8000;

    public bool IsLink => (Mode & TypeMask) == 0xA000;
}
