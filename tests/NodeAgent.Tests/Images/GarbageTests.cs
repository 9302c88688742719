using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Orchestrator.NodeAgent.Images;
using Orchestrator.NodeAgent.Tests.Machine;

namespace Orchestrator.NodeAgent.Tests.Images;

/// <summary>What goes when the disk fills with images, and what never does. A layer counts here as a quarter of the disk.</summary>
public sealed class GarbageTests : IDisposable
{
    readonly TemporaryDirectory _directory = new();
    readonly FakeTimeProvider _time = new(DateTimeOffset.UtcNow);

    public void Dispose() => _directory.Dispose();

    string Root => _directory["store"];

    int Layers => Directory.GetDirectories(Path.Combine(Root, "layers")).Length;

    [Fact]
    public async Task The_image_that_was_used_longest_ago_goes_first_and_layers_that_others_share_stay()
    {
        await using var registry = await RegistryAsync("1", "2", "3");
        using var images = Store();
        foreach (var tag in new[] { "2", "1", "3" }) await PulledAsync(images, $"{registry.Host}/web:{tag}");
        await PulledAsync(images, $"{registry.Host}/web:2"); // used again
        Assert.Equal(4, Layers); // one that all share, and one of each

        await Garbage(images).LookAsync(default);

        Assert.Equal([$"{registry.Host}/web:2", $"{registry.Host}/web:3"], Names(images));
        Assert.Equal(3, Layers);
        var two = await images.EnsureAsync($"{registry.Host}/web:2", null, default);
        Assert.Equal("2", File.ReadAllText(Path.Combine(two.Layers[1], "which")));
        Assert.Equal("1", File.ReadAllText(Path.Combine((await images.EnsureAsync($"{registry.Host}/web:1", null, default)).Layers[1], "which"))); // pulled again
    }

    [Fact]
    public async Task Images_of_pods_stay_also_those_whose_name_means_another_by_now_and_so_do_imported_and_new_ones()
    {
        await using var registry = await RegistryAsync("1", "2", "3");
        using var images = Store();
        var old = await PulledAsync(images, $"{registry.Host}/web:1");
        registry.Put("1", Image("another"));
        await images.EnsureAsync($"{registry.Host}/web:1", Model.Pods.ImagePullPolicy.Always, default);
        await PulledAsync(images, $"{registry.Host}/web:2");
        Image("by hand").WriteLayout(_directory["layout"]);
        await images.ImportAsync(_directory["layout"], "by-hand:1", default);
        _time.Advance(TimeSpan.FromHours(1));
        await images.EnsureAsync($"{registry.Host}/web:3", null, default); // just now
        await images.EnsureAsync($"{registry.Host}/web:1", null, default);
        var before = Layers;

        await Garbage(images, new ImagesInUse(new HashSet<ImageName> { ImageName.Parse($"{registry.Host}/web:2") }, new HashSet<Digest> { old.Content.Manifest })).LookAsync(default);

        Assert.Equal(before, Layers);
        Assert.Equal("1", File.ReadAllText(Path.Combine((await images.OpenAsync($"{registry.Host}/web:1", old.Content.Manifest, default)).Layers[1], "which")));
        Assert.Equal(4, Names(images).Count);
    }

    [Fact]
    public async Task Nothing_goes_while_there_is_room_or_while_it_is_unknown_what_a_container_needs()
    {
        await using var registry = await RegistryAsync("1", "2");
        using var images = Store();
        foreach (var tag in new[] { "1", "2" }) await PulledAsync(images, $"{registry.Host}/web:{tag}");

        await Garbage(images).LookAsync(default); // three layers: 75 %
        Assert.Equal(2, Names(images).Count);

        registry.Put("3", Image("3"));
        await PulledAsync(images, $"{registry.Host}/web:3");
        var lost = Digest.Of("a manifest that is gone"u8);
        await Assert.ThrowsAsync<ImageException>(() => Garbage(images, new ImagesInUse(new HashSet<ImageName>(), new HashSet<Digest> { lost })).LookAsync(default));
        Assert.Equal(3, Names(images).Count);
    }

    static IReadOnlyList<string> Names(ImageStore images) => [.. images.List().Select(image => image.Name)];

    async Task<LocalImage> PulledAsync(ImageStore images, string name)
    {
        var image = await images.EnsureAsync(name, null, default);
        _time.Advance(TimeSpan.FromMinutes(10));
        return image;
    }

    ImageStore Store() => new("n1", Root, new RegistryOptions(), new ImageLimits(), _time);

    ImageGarbage Garbage(ImageStore images, ImagesInUse? used = null) =>
        new(images, () => used ?? new ImagesInUse(new HashSet<ImageName>(), new HashSet<Digest>()), () => Layers * 25, Options(), _time, NullLogger.Instance);

    NodeAgentOptions Options() => new() { NodeName = "n1", Address = IPAddress.Loopback, DataDirectory = Root, RunDirectory = Root, Servers = [] };

    static readonly byte[] Shared = TarBytes.Make(tar => tar.File("shared", "by all"));

    static ImageBuilder Image(string which) => new ImageBuilder().Layer(Shared).Layer(tar => tar.File("which", which));

    static async Task<TestRegistry> RegistryAsync(params string[] tags)
    {
        var registry = await TestRegistry.StartAsync();
        foreach (var tag in tags) registry.Put(tag, Image(tag));
        return registry;
    }
}
