using System.Globalization;
using System.Text;

namespace Orchestrator.NodeAgent.Logs;

/// <summary>
/// One record of a container's log as the shim writes it: time, stream, whether the line ends here, text
/// (Kubernetes, CRI logging format).
/// </summary>
sealed record CriLine(DateTimeOffset Time, bool IsError, bool EndsLine, ReadOnlyMemory<byte> Text)
{
    /// <summary>Reads one record without its newline. Null: it is none, for instance the torn end of a crash.</summary>
    public static CriLine? Parse(ReadOnlyMemory<byte> record)
    {
        var rest = record.Span;
        var first = rest.IndexOf((byte)' ');
        if (first <= 0 || !DateTimeOffset.TryParse(Encoding.ASCII.GetString(rest[..first]), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time))
            return null;
        rest = rest[(first + 1)..];
        var isError = rest.StartsWith("stderr "u8);
        if (!isError && !rest.StartsWith("stdout "u8))
            return null;
        rest = rest[7..];
        if (rest.Length < 1 || rest[0] is not ((byte)'F' or (byte)'P') || (rest.Length > 1 && rest[1] != (byte)' '))
            return null;
        var text = record.Length - Math.Max(0, rest.Length - 2);
        return new CriLine(time, isError, rest[0] == (byte)'F', record[text..]);
    }
}
