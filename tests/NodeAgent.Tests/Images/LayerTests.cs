using System.Diagnostics.CodeAnalysis;
using Orchestrator.NodeAgent.Images;
using Orchestrator.NodeAgent.Tests.Machine;

namespace Orchestrator.NodeAgent.Tests.Images;

/// <summary>
/// Unpacking layers: what honest ones become, and that hostile ones touch nothing outside.
/// </summary>
public sealed class LayerTests : IDisposable
{
    readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [SuppressMessage("Performance", "CA1812", Justification = "xunit makes it")]
    public sealed class Hostile : TheoryData<string, byte[]>
    {
        public Hostile()
        {
            Add("dots", TarBytes.Make(t => t.File("../canary", "x")));
            Add("dots within", TarBytes.Make(t => t.File("a/../../canary", "x")));
            Add("a link to the parent, then through it", TarBytes.Make(t => t.Link("out", "..").File("out/canary", "x")));
            Add("an absolute link, then through it", TarBytes.Make(t => t.Link("out", "/").File("out/canary", "x")));
            Add("an absolute link to a real directory", TarBytes.Make(t => t.Link("out", "/tmp").File("out/canary-of-orch", "x")));
            Add("a chain of links", TarBytes.Make(t => t.Link("a", "b").Link("b", "../..").File("a/canary", "x")));
            Add("a hard link to outside", TarBytes.Make(t => t.HardLink("inside", "../canary").File("inside", "x")));
            Add("a hard link through a link", TarBytes.Make(t => t.Link("out", "..").HardLink("inside", "out/canary")));
            Add("a whiteout through a link", TarBytes.Make(t => t.Link("out", "..").File("out/.wh.canary", "")));
            Add("an opaque marker through a link", TarBytes.Make(t => t.Link("out", "../other").File("out/.wh..wh..opq", "")));
            Add("a whiteout of the parent", TarBytes.Make(t => t.File(".wh...", "")));
            Add("an absolute name", TarBytes.Make(t => t.File("/canary", "x")));
            Add("a directory over a link", TarBytes.Make(t => t.Link("out", "..").Directory("out", 0x1FF).File("out/canary", "x")));
        }
    }

    [Theory]
    [ClassData(typeof(Hostile))]
    [SuppressMessage("Usage", "xUnit1026", Justification = "the name is for people")]
    [SuppressMessage("Performance", "CA1812", Justification = "xunit makes it")]
    public void A_hostile_layer_changes_nothing_outside(string what, byte[] tar)
    {
        var root = _directory["parent/root"];
        Directory.CreateDirectory(root);
        Directory.CreateDirectory(_directory["parent/other"]);
        File.WriteAllText(_directory["parent/canary"], "alive");
        File.SetUnixFileMode(_directory["parent"], (UnixFileMode)0x1C0);

        Record.Exception(() => Extract(root, tar));

        Assert.Equal("alive", File.ReadAllText(_directory["parent/canary"]));
        Assert.Equal(["canary", "other", "root"], Directory.EnumerateFileSystemEntries(_directory["parent"]).Select(path => Path.GetFileName(path)).Order());
        Assert.Equal((UnixFileMode)0x1C0, File.GetUnixFileMode(_directory["parent"]));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_directory["parent/other"]));
        Assert.False(File.Exists("/canary"), what);
        Assert.False(File.Exists("/tmp/canary-of-orch"), what);
    }

    [Fact]
    public async Task Whiteouts_and_opaque_directories_hide_what_lies_below()
    {
        var layers = Unpack(
            t => t.Directory("a/").File("a/gone", "1").File("a/stays", "1").Directory("b/").File("b/old", "1").File("c", "1"),
            t => t.File("a/.wh.gone", "").Directory("b/").File("b/.wh..wh..opq", "").File("b/new", "2").File(".wh.c", ""));

        await MountedAsync(layers, root =>
        {
            Assert.Equal(["a", "b"], Names(root));
            Assert.Equal(["stays"], Names(Path.Combine(root, "a")));
            Assert.Equal(["new"], Names(Path.Combine(root, "b")));
        });
    }

    [Fact]
    public async Task A_whiteout_does_not_hide_its_own_layers_file_in_either_order()
    {
        var layers = Unpack(
            t => t.Directory("x/").File("x/old", "1").Directory("y/").File("y/old", "1"),
            t => t.File(".wh.x", "").Directory("x/").File("x/new", "2").Directory("y/").File("y/new", "2").File(".wh.y", ""));

        await MountedAsync(layers, root =>
        {
            Assert.Equal(["new"], Names(Path.Combine(root, "x")));
            Assert.Equal(["new"], Names(Path.Combine(root, "y")));
        });
    }

    [Fact]
    public async Task Owners_modes_links_and_contents_come_out_as_they_went_in()
    {
        var layers = Unpack(t => t.File("run", [1, 2, 3], mode: 0x9ED, uid: 1234).HardLink("again", "run").Link("soft", "run"));

        var found = "";
        await MountedAsync(layers, root => found = Given.RunAsync("stat", "-c", "%a %u %h %s", Path.Combine(root, "run")).GetAwaiter().GetResult());

        Assert.Equal("4755 1234 2 3", found);
    }

    [Fact]
    public void Devices_can_not_be_forged_into_whiteouts() => Assert.Throws<ImageException>(() => Unpack(t => t.Device("secret", 0, 0)));

    [Fact]
    public async Task Attributes_that_steer_the_kernel_are_left_out()
    {
        var layers = Unpack(t => t.WithXattr("f", "trusted.overlay.redirect", "/etc").WithXattr("g", "user.note", "kept"));

        Assert.DoesNotContain("trusted.overlay", await Given.RunAsync("busybox", "sh", "-c", $"ls {layers[0]}"), StringComparison.Ordinal);
        Assert.Equal(0, XattrCount(Path.Combine(layers[0], "f")));
        Assert.Equal(1, XattrCount(Path.Combine(layers[0], "g")));
    }

    [Fact]
    public void Too_many_entries_are_cut_off() => Assert.Contains("more than 10 entries", Assert.Throws<ImageException>(() =>
        Extract(Fresh(), TarBytes.Make(t => Enumerable.Range(0, 11).ToList().ForEach(i => t.File($"f{i}", ""))), new ImageLimits { Entries = 10 })).Message, StringComparison.Ordinal);

    [Fact]
    public void A_bomb_is_cut_off_by_its_ratio()
    {
        var packed = ImageBuilder.Gzip(TarBytes.Make(t => t.File("zeros", new byte[32 << 20])));
        var blob = _directory["bomb"];
        File.WriteAllBytes(blob, packed);
        ImageLimits limits = new() { RatioFreeBytes = 1 << 20, Ratio = 100 };
        using var stream = UnpackStream.Open(File.OpenRead(blob), limits);
        using LayerExtractor extractor = new(Fresh(), limits);

        Assert.Contains("more than 100 times", Assert.Throws<ImageException>(() => extractor.Extract(stream)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Random_damage_never_does_more_than_fail()
    {
        var good = TarBytes.Make(t => t.Directory("a/").File("a/f", "text").Link("l", "a/f").HardLink("h", "a/f").File("a/.wh.x", "").WithXattr("g", "user.a", "b"));
        Random random = new(1);
        for (var i = 0; i < 500; i++)
        {
            byte[] bad = [.. good];
            for (var j = random.Next(1, 8); j > 0; j--)
                bad[random.Next(bad.Length)] = (byte)random.Next(256);
            var thrown = Record.Exception(() => Extract(Fresh(), bad));
            Assert.True(thrown is null or ImageException, thrown?.ToString());
        }
    }

    static int XattrCount(string path)
    {
        var length = (int)Listxattr(path, new byte[1024], 1024);
        return length == 0 ? 0 : 1;
    }

    [System.Runtime.InteropServices.DllImport("libc", EntryPoint = "listxattr", CharSet = System.Runtime.InteropServices.CharSet.Ansi)]
    [SuppressMessage("Globalization", "CA2101", Justification = "paths of this test are ASCII")]
    [SuppressMessage("Interoperability", "SYSLIB1054", Justification = "a test needs no generated marshalling")]
    static extern nint Listxattr(string path, byte[] list, nint size);

    string[] Unpack(params Action<TarBytes>[] layers) => [.. layers.Select(layer =>
    {
        var root = Fresh();
        Extract(root, TarBytes.Make(layer));
        return root;
    })];

    string Fresh()
    {
        var path = _directory["layers/" + Path.GetRandomFileName()];
        Directory.CreateDirectory(path);
        return path;
    }

    async Task MountedAsync(string[] layers, Action<string> look)
    {
        var place = _directory["container"];
        var root = RootFilesystem.Mount(layers, place);
        try
        {
            look(root);
        }
        finally
        {
            RootFilesystem.Remove(place);
        }

        Assert.DoesNotContain(place, await File.ReadAllTextAsync("/proc/self/mountinfo"), StringComparison.Ordinal);
    }

    static string[] Names(string path) => [.. Directory.EnumerateFileSystemEntries(path).Select(entry => Path.GetFileName(entry)).Order()];

    static void Extract(string root, byte[] tar, ImageLimits? limits = null)
    {
        using LayerExtractor extractor = new(root, limits ?? new ImageLimits());
        using MemoryStream stream = new(tar);
        extractor.Extract(stream);
    }
}
