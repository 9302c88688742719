using System.Globalization;
using System.Text;
using Orchestrator.Runtime.Spec;
using Orchestrator.Runtime.Syscalls;

namespace Orchestrator.Runtime.Launch;

/// <summary>
/// HOME, where the configuration does not set it: what the container's /etc/passwd says of the user's number, else "/". Engines leave
/// it to the runtime. The file is the image's: it is resolved inside its root, must be a regular file, and is read up to a size.
/// </summary>
static class HomeDirectory
{
    const string Variable = "HOME=";
    const int MostBytes = 1 << 20;
    const int UidField = 2, HomeField = 5, FieldCount = 7; // passwd(5)

    /// <param name="process">Whose environment it is.</param>
    /// <param name="root">The host's path of the container's root.</param>
    public static ProcessSpec Complete(ProcessSpec process, string root)
    {
        if (process.Env.Any(entry => entry.Length > Variable.Length && entry.StartsWith(Variable, StringComparison.Ordinal))) return process;
        var others = process.Env.Where(entry => entry != Variable);
        return process with { Env = [.. others, Variable + Find(root, process.User.Uid)] };
    }

    static string Find(string root, uint uid)
    {
        using var directory = Kernel.TryOpen(root, O.PATH | O.DIRECTORY);
        using var file = directory is null ? null : Kernel.TryOpenInside(directory, "etc/passwd");
        if (file is null || Kernel.Stat(file, "/etc/passwd") is not { IsRegular: true, Bytes: <= MostBytes }) return "/";
        return InPasswd(Encoding.UTF8.GetString(Kernel.ReadFile($"/proc/self/fd/{file.Number}")), uid);
    }

    /// <summary>The home directory of the first line with this number, if it is a path. PURE.</summary>
    public static string InPasswd(string passwd, uint uid)
    {
        var number = uid.ToString(CultureInfo.InvariantCulture);
        foreach (var line in passwd.Split('\n'))
        {
            var fields = line.Split(':');
            if (fields.Length != FieldCount || fields[UidField] != number) continue;
            var home = fields[HomeField];
            return home.StartsWith('/') && !home.Any(char.IsControl) ? home : "/";
        }

        return "/";
    }
}
