namespace Orchestrator.NodeAgent.Syscalls;

/// <summary>
/// What is mounted, as /proc/self/mountinfo tells it (proc_pid_mountinfo(5)).
/// </summary>
static class MountTable
{
    const int MountPointField = 4;

    public static bool IsMountPoint(string path) => Points().Contains(path);

    /// <summary>The mount points at or below a directory, deepest first: the order in which they come off.</summary>
    public static IReadOnlyList<string> Below(string directory)
    {
        var prefix = directory.TrimEnd('/') + "/";
        return [.. Points().Where(point => point == directory || point.StartsWith(prefix, StringComparison.Ordinal))
            .OrderByDescending(point => point.Length)];
    }

    static IEnumerable<string> Points() => File.ReadLines("/proc/self/mountinfo").Select(line => Unescape(line.Split(' ')[MountPointField]));

    // Space, tab, newline and backslash stand as three octal digits.
    static string Unescape(string field)
    {
        if (!field.Contains('\\', StringComparison.Ordinal))
            return field;
        System.Text.StringBuilder text = new();
        for (var i = 0; i < field.Length; i++)
        {
            if (field[i] == '\\' && i + 3 < field.Length)
            {
                text.Append((char)Convert.ToInt32(field.Substring(i + 1, 3), 8));
                i += 3;
            }
            else
            {
                text.Append(field[i]);
            }
        }

        return text.ToString();
    }
}
