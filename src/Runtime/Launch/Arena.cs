using System.Runtime.InteropServices;
using System.Text;

namespace Orchestrator.Runtime.Launch;

/// <summary>
/// Native memory for what the spawned process reads. It may be given back only when that process has executed its program or has
/// ended; for `create` that is after this program's own end.
/// </summary>
sealed unsafe class Arena
{
    const int ChunkBytes = 16 * 1024;
    const int Alignment = 8;

    readonly List<nint> _chunks = [];
    byte* _next;
    nint _left;

    /// <summary>Zeroed memory, aligned to 8 bytes.</summary>
    public byte* Take(nint bytes)
    {
        bytes = (bytes + Alignment - 1) & ~(Alignment - 1);
        if (bytes > _left)
        {
            _left = Math.Max(bytes, ChunkBytes);
            _next = (byte*)NativeMemory.AllocZeroed((nuint)_left);
            _chunks.Add((nint)_next);
        }

        var taken = _next;
        _next += bytes;
        _left -= bytes;
        return taken;
    }

    public byte* Place(ReadOnlySpan<byte> content)
    {
        var place = Take(content.Length);
        content.CopyTo(new Span<byte>(place, content.Length));
        return place;
    }

    public byte* Place(string text)
    {
        var length = Encoding.UTF8.GetByteCount(text);
        var place = Take(length + 1);
        Encoding.UTF8.GetBytes(text, new Span<byte>(place, length));
        return place;
    }

    /// <summary>Addresses of the strings, closed by a null pointer.</summary>
    public byte** Place(IReadOnlyList<string> texts)
    {
        var list = (byte**)Take((texts.Count + 1) * sizeof(byte*));
        for (var i = 0; i < texts.Count; i++) list[i] = Place(texts[i]);
        return list;
    }

    /// <summary>Gives the memory back; nobody may read it any more.</summary>
    public void Free()
    {
        foreach (var chunk in _chunks) NativeMemory.Free((void*)chunk);
        _chunks.Clear();
        _left = 0;
    }
}
