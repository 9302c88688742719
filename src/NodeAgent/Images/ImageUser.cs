using System.Globalization;
using System.Text;
using Orchestrator.NodeAgent.Syscalls;

namespace Orchestrator.NodeAgent.Images;

/// <summary>The numeric identity a container's process starts with.</summary>
public sealed record ProcessUser(uint Uid, uint Gid, IReadOnlyList<uint> AdditionalGids);

/// <summary>
/// Turns an image's user ("app", "1000", "app:staff") into numbers with the image's own passwd and group files,
/// read inside the root filesystem so that no link leads out of it.
/// </summary>
static class ImageUser
{
    // Real ones have some kilobytes; a hostile one must not fill the agent's memory.
    const int FileBytes = 1024 * 1024;
    // 2^31-1 and above are signed -1 and its neighbours to some programs (CVE-2024-40635).
    const uint LargestId = int.MaxValue - 1;

    /// <exception cref="ImageException">The user or group is not in the image's files, or no number in range.</exception>
    public static ProcessUser Resolve(string rootfs, string? user)
    {
        using RootedTree tree = new(rootfs);
        return Resolve(user, Lines(tree, "etc/passwd"), Lines(tree, "etc/group"));
    }

    public static ProcessUser Resolve(string? user, IReadOnlyList<string> passwd, IReadOnlyList<string> groups)
    {
        var parts = string.IsNullOrEmpty(user) ? ["0"] : user.Split(':');
        if (parts.Length > 2 || parts.Any(part => part.Length == 0))
            throw Bad($"\"{user}\" is not USER or USER:GROUP");

        var entry = passwd.Select(line => line.Split(':')).FirstOrDefault(fields => fields.Length >= 4 && Matches(fields, parts[0]));
        var uid = Id(parts[0]) ?? (entry is not null ? Id(entry[2]) : null) ?? throw Bad($"user \"{parts[0]}\" is not in its /etc/passwd");
        var gid = parts.Length == 2 ? Group(parts[1], groups) : entry is not null ? Id(entry[3]) ?? throw Bad($"user \"{parts[0]}\" has a group that is no number") : 0;
        // A group given by hand is the only one; else those the image's group file lists for the name.
        IReadOnlyList<uint> more = parts.Length == 2 || entry is null ? [] : Memberships(entry[0], gid, groups);
        return new ProcessUser(uid, gid, more);
    }

    // A name made of digits is a number, as docker has it.
    static bool Matches(string[] fields, string user) => Id(user) is { } uid ? Id(fields[2]) == uid : fields[0] == user;

    static uint Group(string group, IReadOnlyList<string> groups)
    {
        if (Id(group) is { } gid)
            return gid;
        var entry = groups.Select(line => line.Split(':')).FirstOrDefault(fields => fields.Length >= 3 && fields[0] == group);
        return (entry is null ? null : Id(entry[2])) ?? throw Bad($"group \"{group}\" is not in its /etc/group");
    }

    static List<uint> Memberships(string name, uint gid, IReadOnlyList<string> groups) =>
        [.. groups.Select(line => line.Split(':'))
            .Where(fields => fields.Length >= 4 && fields[3].Split(',').Contains(name))
            .Select(fields => Id(fields[2])).OfType<uint>().Where(id => id != gid).Distinct().Order()];

    static uint? Id(string text)
    {
        if (!text.All(char.IsAsciiDigit) || text.Length == 0)
            return null;
        return uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var id) && id <= LargestId
            ? id : throw Bad($"{text} is not an id from 0 to {LargestId}");
    }

    static string[] Lines(RootedTree tree, string path)
    {
        try
        {
            return tree.TryRead(path, FileBytes) is { } content ? Encoding.UTF8.GetString(content).Split('\n') : [];
        }
        catch (Exception e) when (e is InvalidDataException or SyscallException)
        {
            throw Bad($"its /{path} can't be read: {e.Message}");
        }
    }

    static ImageException Bad(string why) => new(ImageFault.Invalid, $"the image's user can't be used: {why}");
}
