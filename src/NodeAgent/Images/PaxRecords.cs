using System.Globalization;
using System.Text;

namespace Orchestrator.NodeAgent.Images;

/// <summary>
/// The records of a PAX extended header: "LENGTH KEY=VALUE\n", the length counting itself (pax(1), POSIX.1-2001).
/// </summary>
sealed class PaxRecords
{
    const string XattrPrefix = "SCHILY.xattr.";

    readonly Dictionary<string, string> _texts = [];

    public Dictionary<string, byte[]> Xattrs { get; } = [];

    public static PaxRecords Parse(ReadOnlySpan<byte> data)
    {
        PaxRecords records = new();
        while (data.Length > 0)
        {
            var space = data.IndexOf((byte)' ');
            if (space <= 0 || !int.TryParse(data[..space], NumberStyles.None, CultureInfo.InvariantCulture, out var length)
                || length <= space + 1 || length > data.Length || data[length - 1] != (byte)'\n')
                throw Bad("a record's length is wrong");
            records.Add(data[(space + 1)..(length - 1)]);
            data = data[length..];
        }

        return records;
    }

    public string? Text(string key) => _texts.GetValueOrDefault(key);

    public long? Number(string key)
    {
        if (!_texts.TryGetValue(key, out var text))
            return null;
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : throw Bad($"{key} is \"{text}\"");
    }

    public double? Seconds(string key)
    {
        if (!_texts.TryGetValue(key, out var text))
            return null;
        return double.TryParse(text, NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value)
            ? value : throw Bad($"{key} is \"{text}\"");
    }

    void Add(ReadOnlySpan<byte> record)
    {
        var equals = record.IndexOf((byte)'=');
        if (equals <= 0)
            throw Bad("a record has no key");
        var key = Encoding.UTF8.GetString(record[..equals]);
        var value = record[(equals + 1)..];
        if (key.StartsWith("GNU.sparse.", StringComparison.Ordinal))
            throw Bad("sparse files are not supported in layers");
        if (key.StartsWith(XattrPrefix, StringComparison.Ordinal))
            Xattrs[key[XattrPrefix.Length..]] = value.ToArray();
        else
            _texts[key] = Encoding.UTF8.GetString(value);
    }

    static ImageException Bad(string why) => new(ImageFault.Invalid, $"layer's tar has a bad PAX header: {why}");
}
