using System.Globalization;
using Orchestrator.Runtime.Spec;

namespace Orchestrator.Runtime.Cgroups;

/// <summary>Limits of huge pages, RDMA devices and network interfaces.</summary>
static class DeviceLimits
{
    public static void Legacy(IReadOnlyList<CgroupDirectory> directories, ResourceSpec resources)
    {
        foreach (var (size, limit) in resources.HugePages) HugePages(LegacyLimits.Find(directories, "hugetlb"), size, limit, "limit_in_bytes");
        foreach (var (device, handles, objects) in resources.Rdma) Rdma(LegacyLimits.Find(directories, "rdma"), device, handles, objects);
        if (resources.NetworkClass is { } mark) LegacyLimits.Find(directories, "net_cls").Write("net_cls.classid", mark.ToString(CultureInfo.InvariantCulture));
        foreach (var (card, priority) in resources.NetworkPriorities)
            LegacyLimits.Find(directories, "net_prio").Write("net_prio.ifpriomap", string.Create(CultureInfo.InvariantCulture, $"{card} {priority}"));
    }

    public static void Unified(CgroupDirectory directory, ResourceSpec resources)
    {
        if (resources.HugePages.Count > 0 && !directory.Controllers.Contains("hugetlb"))
            throw new ConfigException("linux.resources.hugepageLimits", "this host has no hugetlb controller");
        if (resources.Rdma.Count > 0 && !directory.Controllers.Contains("rdma"))
            throw new ConfigException("linux.resources.rdma", "this host has no rdma controller");
        if (resources.NetworkClass is > 0 || resources.NetworkPriorities.Count > 0)
            throw new ConfigException("linux.resources.network", "does not exist on cgroup v2");
        foreach (var (size, limit) in resources.HugePages) HugePages(directory, size, limit, "max");
        foreach (var (device, handles, objects) in resources.Rdma) Rdma(directory, device, handles, objects);
    }

    // Reserved pages too, where the kernel counts them: a process is refused then instead of killed when it touches them.
    static void HugePages(CgroupDirectory directory, string size, ulong limit, string file)
    {
        var (used, reserved, value) = ($"hugetlb.{size}.{file}", $"hugetlb.{size}.rsvd.{file}", limit.ToString(CultureInfo.InvariantCulture));
        if (!directory.Has(used)) throw new ConfigException("linux.resources.hugepageLimits", $"this kernel has no pages of {size}");
        directory.Write(used, value);
        if (directory.Has(reserved)) directory.Write(reserved, value);
    }

    static void Rdma(CgroupDirectory directory, string device, uint? handles, uint? objects)
    {
        var line = device;
        if (handles is not null) line += string.Create(CultureInfo.InvariantCulture, $" hca_handle={handles}");
        if (objects is not null) line += string.Create(CultureInfo.InvariantCulture, $" hca_object={objects}");
        directory.Write("rdma.max", line);
    }
}
