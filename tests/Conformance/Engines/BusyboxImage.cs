namespace Orchestrator.Conformance.Engines;

/// <summary>A root file system of one program, as a tar file that engines import.</summary>
static class BusyboxImage
{
    public static void Write(string file)
    {
        var root = Directory.CreateTempSubdirectory("busybox-").FullName;
        foreach (var directory in (string[])["bin", "dev", "etc", "proc", "sys", "tmp"]) Directory.CreateDirectory($"{root}/{directory}");
        File.Copy("/bin/busybox", root + "/bin/busybox");
        Command.Run("chroot", root, "/bin/busybox", "--install", "-s", "/bin").Succeeds();
        File.WriteAllText(root + "/etc/passwd", "root:x:0:0:root:/:/bin/sh\nuser:x:1000:1000:user:/tmp:/bin/sh\n");
        File.WriteAllText(root + "/etc/group", "root:x:0:\nuser:x:1000:\n");
        Command.Run("chmod", "755", root).Succeeds();
        Command.Run("tar", "-C", root, "-cf", file, ".").Succeeds();
        Directory.Delete(root, recursive: true);
    }
}
