namespace Orchestrator.ControlPlane.Tests.Store;

/// <summary>A cut of the power that forgot nothing would show nothing.</summary>
public sealed class LossyDiskTests
{
    [Fact]
    public async Task What_was_flushed_is_there_after_the_power_was_cut_and_nothing_else()
    {
        using var temp = new TempDirectory();
        var disk = await LossyDisk.MakeAsync(temp["disk"], "32M");
        try
        {
            using (var flushed = File.OpenHandle(Path.Combine(temp["disk"], "flushed"), FileMode.CreateNew, FileAccess.Write))
            {
                RandomAccess.Write(flushed, "kept"u8, 0);
                RandomAccess.FlushToDisk(flushed);
                RandomAccess.Write(flushed, "forgotten"u8, 8192);
            }

            await File.WriteAllTextAsync(Path.Combine(temp["disk"], "written"), "forgotten");
            await disk.KeepAsync();
            await disk.ComeBackAsync();

            Assert.False(File.Exists(Path.Combine(temp["disk"], "written")));
            Assert.StartsWith("kept", await File.ReadAllTextAsync(Path.Combine(temp["disk"], "flushed")), StringComparison.Ordinal);
            Assert.DoesNotContain("forgotten", await File.ReadAllTextAsync(Path.Combine(temp["disk"], "flushed")), StringComparison.Ordinal);
        }
        finally
        {
            await disk.RemoveAsync();
        }
    }
}
