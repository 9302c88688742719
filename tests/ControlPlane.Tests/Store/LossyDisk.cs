using Orchestrator.Testing.Clusters;

namespace Orchestrator.ControlPlane.Tests.Store;

/// <summary>
/// A small file system in an image, which is only written when somebody asks for it to be flushed. A copy of the image is what a machine finds after the power was cut:
/// what was flushed, and no more.
/// </summary>
sealed class LossyDisk
{
    readonly string _image;
    readonly string _path;

    LossyDisk(string path) => (_image, _path) = (path + ".img", path);

    /// <param name="path">Where it is mounted.</param>
    /// <param name="size">As truncate(1) has it.</param>
    public static async Task<LossyDisk> MakeAsync(string path, string size)
    {
        var disk = new LossyDisk(path);
        Directory.CreateDirectory(path);
        await Shell.RunAsync("truncate", "-s", size, disk._image);
        await Shell.RunAsync("mkfs.ext4", "-q", "-F", "-m", "0", disk._image);
        await disk.MountAsync();
        return disk;
    }

    /// <summary>Keeps what a cut of the power would leave now. Whoever writes here has been stopped.</summary>
    public Task KeepAsync() => Shell.RunAsync("cp", "--sparse=always", _image, _image + ".kept");

    /// <summary>Goes back to what was kept. Whoever wrote here is gone.</summary>
    public async Task ComeBackAsync()
    {
        await RemoveAsync();
        File.Move(_image + ".kept", _image, overwrite: true);
        await MountAsync();
    }

    public Task RemoveAsync() => Shell.TryAsync("umount", _path);

    // The journal, which is all that would flush by itself, is written once in five minutes.
    async Task MountAsync() => await Shell.RunAsync("mount", "-o", "loop,commit=300", _image, _path);
}
