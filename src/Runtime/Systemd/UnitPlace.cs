using Orchestrator.Runtime.Spec;

namespace Orchestrator.Runtime.Systemd;

/// <summary>A scope of systemd's and the slice that it is in (systemd.scope(5), systemd.slice(5)).</summary>
sealed record UnitPlace(string Slice, string Name)
{
    const string Prefix = "orun", DefaultSlice = "system.slice", SliceSuffix = ".slice";

    /// <summary>What linux.cgroupsPath names: slice:prefix:name. Without one it is orun's own place; without a slice, that of the system.</summary>
    /// <exception cref="ConfigException">It has another form.</exception>
    public static UnitPlace Of(string cgroupsPath, string id)
    {
        if (cgroupsPath.Length == 0) return new UnitPlace(DefaultSlice, $"{Prefix}-{id}.scope");
        if (cgroupsPath.Split(':') is not [var slice, var prefix, { Length: > 0 } name])
            throw new ConfigException("linux.cgroupsPath", $"expected cgroupsPath to be of format \"slice:prefix:name\" for systemd cgroups, got \"{cgroupsPath}\" instead");
        if (name.EndsWith(SliceSuffix, StringComparison.Ordinal)) throw new ConfigException("linux.cgroupsPath", $"'{name}' is a slice, and a container is a scope");
        slice = slice.Length == 0 ? DefaultSlice : slice;
        foreach (var part in (string[])[slice, prefix, name])
            if (!part.All(c => char.IsAsciiLetterOrDigit(c) || c is ':' or '-' or '_' or '.' or '\\' or '@'))
                throw new ConfigException("linux.cgroupsPath", $"'{part}' is no part of a unit's name");
        Parents(slice);
        return new UnitPlace(slice, prefix.Length == 0 ? $"{name}.scope" : $"{prefix}-{name}.scope");
    }

    /// <summary>Where its cgroup is: a-b.slice is below a.slice.</summary>
    public string Path => string.Join('/', [.. Parents(Slice), Name]);

    static List<string> Parents(string slice)
    {
        if (!slice.EndsWith(SliceSuffix, StringComparison.Ordinal) || slice.Length == SliceSuffix.Length) throw new ConfigException("linux.cgroupsPath", $"'{slice}' is not the name of a slice");
        var words = slice[..^SliceSuffix.Length];
        if (words == "-") return [];
        var parts = words.Split('-');
        return parts.Contains("") ? throw new ConfigException("linux.cgroupsPath", $"'{slice}' is not the name of a slice")
            : Enumerable.Range(1, parts.Length).Select(count => string.Join('-', parts.Take(count)) + SliceSuffix).ToList();
    }
}
