using System.Text;
using System.Text.Json.Nodes;
using Orchestrator.Cli.Connection;

namespace Orchestrator.Cli.Commands;

/// <summary>What a ConfigMap or a Secret is made of on the command line: words, files, lists of variables.</summary>
sealed class Content
{
    static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    readonly SortedDictionary<string, byte[]> _values = new(StringComparer.Ordinal);

    /// <exception cref="CliException">A word has no key, a key is there twice, or a file can't be read.</exception>
    public static Content Of(IReadOnlyList<string> literals, IReadOnlyList<string> files, IReadOnlyList<string> lists)
    {
        var content = new Content();
        foreach (var literal in literals) content.Add(Split(literal, "--from-literal"));
        foreach (var file in files) content.AddFiles(file);
        foreach (var list in lists)
        {
            foreach (var line in Encoding.UTF8.GetString(Read(list)).Split('\n').Select(line => line.TrimEnd('\r')).Where(line => line.Trim().Length > 0 && !line.TrimStart().StartsWith('#')))
                content.Add(Split(line.TrimStart(), list));
        }

        return content;
    }

    public JsonObject ConfigMap()
    {
        var (data, binary) = (new JsonObject(), new JsonObject());
        foreach (var (key, bytes) in _values)
        {
            if (Text(bytes) is { } text) data[key] = text;
            else binary[key] = Convert.ToBase64String(bytes);
        }

        var manifest = new JsonObject { ["apiVersion"] = "v1", ["kind"] = Model.Configuration.ConfigMap.KindName };
        if (data.Count > 0) manifest["data"] = data;
        if (binary.Count > 0) manifest["binaryData"] = binary;
        return manifest;
    }

    public JsonObject Secret(string? type)
    {
        var data = new JsonObject();
        foreach (var (key, bytes) in _values) data[key] = Convert.ToBase64String(bytes);
        var manifest = new JsonObject { ["apiVersion"] = "v1", ["kind"] = Model.Configuration.Secret.KindName };
        if (data.Count > 0) manifest["data"] = data;
        if (type is not null) manifest["type"] = type;
        return manifest;
    }

    void AddFiles(string word)
    {
        var equals = word.IndexOf('=');
        var path = word[(equals + 1)..];
        if (equals < 0 && Directory.Exists(path))
        {
            foreach (var file in Directory.EnumerateFiles(path).Order(StringComparer.Ordinal)) Add((Path.GetFileName(file), Read(file)));
            return;
        }

        Add((equals < 0 ? Path.GetFileName(path) : word[..equals], Read(path)));
    }

    void Add((string Key, byte[] Value) pair)
    {
        if (!_values.TryAdd(pair.Key, pair.Value)) throw new CliException($"the key {pair.Key} is given twice; keep one");
    }

    static (string Key, byte[] Value) Split(string word, string where)
    {
        var equals = word.IndexOf('=');
        return equals > 0 ? (word[..equals], Encoding.UTF8.GetBytes(word[(equals + 1)..])) : throw new CliException($"{where}: write key=value");
    }

    static byte[] Read(string path)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception missing) when (missing is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new CliException($"{path} is not there");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new CliException($"{path} can't be read: {failure.Message}");
        }
    }

    static string? Text(byte[] bytes)
    {
        try
        {
            return Strict.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }
}
