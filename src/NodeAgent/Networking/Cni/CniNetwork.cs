using System.Text.Json;
using System.Text.Json.Nodes;

namespace Orchestrator.NodeAgent.Networking.Cni;

/// <summary>A network as its administrator describes it: plugins that are called one after the other. Source: CNI specification 1.0.0, section 1.</summary>
/// <param name="CanCheck">Whether plugins can be asked if all is still as they made it.</param>
/// <param name="Plugins">Each with its own configuration.</param>
sealed record CniNetwork(string Name, string Version, bool CanCheck, IReadOnlyList<JsonObject> Plugins)
{
    /// <summary>Versions whose results are understood; before them addresses stood elsewhere.</summary>
    static readonly string[] Versions = ["0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0"];

    static readonly string[] WithoutCheck = ["0.3.0", "0.3.1"];

    /// <summary>The first configuration of a directory, by name.</summary>
    /// <exception cref="IOException">There is none, or it is not understood.</exception>
    public static CniNetwork Read(string directory)
    {
        var path = Directory.Exists(directory)
            ? Directory.EnumerateFiles(directory).Where(static file => Path.GetExtension(file) is ".conflist" or ".conf" or ".json").Order(StringComparer.Ordinal).FirstOrDefault()
            : null;
        if (path is null) throw new IOException($"{directory} has no network configuration (*.conflist, *.conf)");
        try
        {
            return Parse(File.ReadAllText(path));
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException)
        {
            throw new IOException($"{path}: {e.Message}", e);
        }
    }

    /// <summary>A list of plugins, or one plugin alone.</summary>
    /// <exception cref="JsonException">It is no JSON.</exception>
    /// <exception cref="FormatException">It is no network configuration.</exception>
    /// <exception cref="InvalidOperationException">A field has another type.</exception>
    public static CniNetwork Parse(string text)
    {
        var root = JsonNode.Parse(text, documentOptions: new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip }) as JsonObject ?? throw new FormatException("is no object");
        var name = (string?)root["name"] is { Length: > 0 } given ? given : throw new FormatException("name is missing");
        var version = (string?)root["cniVersion"] ?? throw new FormatException("cniVersion is missing");
        if (!Versions.Contains(version)) throw new FormatException($"cniVersion is {version}, but must be one of {string.Join(", ", Versions)}");
        List<JsonObject> plugins = root["plugins"] is JsonArray list ? [.. list.Select(static each => each as JsonObject ?? throw new FormatException("plugins has something that is no object"))] : [root];
        if (plugins.Count == 0) throw new FormatException("plugins is empty");
        foreach (var plugin in plugins)
        {
            if ((string?)plugin["type"] is not { Length: > 0 } type || Path.GetFileName(type) != type || type is "." or "..") throw new FormatException($"a plugin's type is \"{plugin["type"]}\", but must be the name of a program");
        }

        return new CniNetwork(name, version, (bool?)root["disableCheck"] != true && !WithoutCheck.Contains(version), plugins);
    }

    /// <summary>True when a plugin wants to be told of something, such as portMappings.</summary>
    public bool Offers(string capability) => Plugins.Any(plugin => Offers(plugin, capability));

    public static bool Offers(JsonObject plugin, string capability) => plugin["capabilities"] is JsonObject offered && (bool?)offered[capability] == true;
}
