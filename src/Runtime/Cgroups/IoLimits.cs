using System.Globalization;
using Orchestrator.Runtime.Spec;

namespace Orchestrator.Runtime.Cgroups;

/// <summary>Limits of disks: blkio of v1, io of v2. A scheduler that knows weights may be the kernel's bfq, whose files have its name.</summary>
static class IoLimits
{
    const uint LeastWeight = 10, MostWeight = 1000, MostUnifiedWeight = 10000;

    public static void Legacy(IReadOnlyList<CgroupDirectory> directories, IoSpec io)
    {
        if (IsEmpty(io)) return;
        var directory = LegacyLimits.Find(directories, "blkio");
        if (io.Weight is { } weight) Write(directory, Weights(directory, "blkio.weight", "blkio.bfq.weight"), Text(weight), "weight");
        if (io.LeafWeight is { } leaf) Write(directory, "blkio.leaf_weight", Text(leaf), "leafWeight");
        foreach (var device in io.Weights)
        {
            if (device.Weight is { } own)
                Write(directory, Weights(directory, "blkio.weight_device", "blkio.bfq.weight_device"), Line(device.Major, device.Minor, Text(own)), "weightDevice");
            if (device.LeafWeight is { } ownLeaf) Write(directory, "blkio.leaf_weight_device", Line(device.Major, device.Minor, Text(ownLeaf)), "weightDevice");
        }

        foreach (var rate in io.Rates) directory.Write(LegacyFile(rate.Limit), Line(rate.Major, rate.Minor, Text(rate.Rate)));
    }

    public static void Unified(CgroupDirectory directory, IoSpec io)
    {
        if (IsEmpty(io)) return;
        if (!directory.Controllers.Contains("io")) throw new ConfigException("linux.resources.blockIO", "this host has no io controller");
        if (io.LeafWeight is not null || io.Weights.Any(device => device.LeafWeight is not null))
            throw new ConfigException("linux.resources.blockIO.leafWeight", "does not exist on cgroup v2");
        // bfq takes the weights of v1; the general file has a scale of its own.
        var isBfq = directory.Has("io.bfq.weight");
        var file = isBfq ? "io.bfq.weight" : "io.weight";
        if (io.Weight is { } weight) Write(directory, file, Text(isBfq ? weight : UnifiedWeight(weight)), "weight");
        foreach (var device in io.Weights)
            if (device.Weight is { } own)
                Write(directory, file, Line(device.Major, device.Minor, Text(isBfq ? own : UnifiedWeight(own))), "weightDevice");
        foreach (var rate in io.Rates)
            directory.Write("io.max", Line(rate.Major, rate.Minor, $"{UnifiedKey(rate.Limit)}={(rate.Rate == 0 ? "max" : Text(rate.Rate))}"));
    }

    /// <summary>v1 weights (10 to 1000) on the scale of v2 (1 to 10000), as the other runtimes map them.</summary>
    public static uint UnifiedWeight(uint weight) => 1 + (weight - LeastWeight) * (MostUnifiedWeight - 1) / (MostWeight - LeastWeight);

    static bool IsEmpty(IoSpec io) => io is { Weight: null, LeafWeight: null, Weights.Count: 0, Rates.Count: 0 };

    static string Weights(CgroupDirectory directory, string usual, string bfq) => directory.Has(usual) || !directory.Has(bfq) ? usual : bfq;

    static void Write(CgroupDirectory directory, string file, string value, string field)
    {
        if (!directory.Has(file)) throw new ConfigException("linux.resources.blockIO." + field, $"this kernel has no {file}");
        directory.Write(file, value);
    }

    static string LegacyFile(IoLimit limit) => limit switch
    {
        IoLimit.ReadBytes => "blkio.throttle.read_bps_device",
        IoLimit.WriteBytes => "blkio.throttle.write_bps_device",
        IoLimit.ReadOperations => "blkio.throttle.read_iops_device",
        IoLimit.WriteOperations => "blkio.throttle.write_iops_device",
    };

    static string UnifiedKey(IoLimit limit) => limit switch
    {
        IoLimit.ReadBytes => "rbps",
        IoLimit.WriteBytes => "wbps",
        IoLimit.ReadOperations => "riops",
        IoLimit.WriteOperations => "wiops",
    };

    static string Line(uint major, uint minor, string value) => string.Create(CultureInfo.InvariantCulture, $"{major}:{minor} {value}");

    static string Text(IFormattable number) => number.ToString(null, CultureInfo.InvariantCulture);
}
