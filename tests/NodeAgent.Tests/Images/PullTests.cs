using System.Text;
using System.Text.Json.Nodes;
using Orchestrator.Model.Pods;
using Orchestrator.NodeAgent.Images;
using Orchestrator.NodeAgent.Tests.Machine;

namespace Orchestrator.NodeAgent.Tests.Images;

/// <summary>
/// Pulling from registries: Debian's own, and one that misbehaves.
/// </summary>
public sealed class PullTests : IDisposable
{
    readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_image_is_pulled_by_tag_and_by_digest(bool asDocker)
    {
        await using var registry = await DebianRegistry.StartAsync();
        Small().WriteLayout(_directory["image"]);
        await registry.PushAsync(_directory["image"], "team/web:1", asDocker);
        using var images = Store();

        var byTag = await images.EnsureAsync($"{registry.Host}/team/web:1", null, default);
        var byDigest = await images.EnsureAsync($"{registry.Host}/team/web@{byTag.Content.Manifest}", null, default);

        Assert.Equal("hello", File.ReadAllText(Path.Combine(byTag.Layers[0], "greeting")));
        Assert.Equal(byTag.Content.Manifest, byDigest.Content.Manifest);
        Assert.Equal(["/bin/sh"], byTag.Content.Process.Cmd!);
    }

    [Fact]
    public async Task A_missing_image_says_which_node_could_not_find_what()
    {
        await using var registry = await DebianRegistry.StartAsync();
        using var images = Store("n2");

        var e = await Assert.ThrowsAsync<ImageException>(() => images.EnsureAsync($"{registry.Host}/web:1", null, default));

        Assert.Equal(ImageFault.NotFound, e.Fault);
        Assert.Equal($"node n2: image {registry.Host}/web:1 not found: manifest unknown", e.Message);
    }

    [Theory]
    [InlineData("Basic")]
    [InlineData("Bearer")]
    public async Task Credentials_are_given_where_they_are_asked_for(string authentication)
    {
        await using var registry = await TestRegistry.StartAsync();
        registry.Put("1", Small());
        registry.Authentication = authentication;
        using var known = Store(registries: new RegistryOptions
        {
            Credentials = new Dictionary<string, RegistryCredential> { [registry.Host] = new("user", "pass") },
        });
        using var stranger = Store();

        await known.EnsureAsync($"{registry.Host}/web:1", null, default);
        var refused = await Assert.ThrowsAsync<ImageException>(() => stranger.EnsureAsync($"{registry.Host}/web:1", ImagePullPolicy.Always, default));

        Assert.Equal(ImageFault.Unauthorized, refused.Fault);
    }

    [Fact]
    public async Task Content_that_does_not_match_its_digest_is_refused_and_not_kept()
    {
        await using var registry = await TestRegistry.StartAsync();
        registry.Put("1", Small());
        registry.DamageBlobs();
        using var images = Store();

        var e = await Assert.ThrowsAsync<ImageException>(() => images.EnsureAsync($"{registry.Host}/web:1", null, default));

        Assert.Equal(ImageFault.Invalid, e.Fault);
        Assert.Contains("does not match its digest", e.Message, StringComparison.Ordinal);
        Assert.Single(Directory.GetFiles(_directory["images/blobs/sha256"]));
        Assert.Empty(Directory.GetFiles(_directory["images/incoming"]));
        Assert.Empty(images.List());
    }

    [Fact]
    public async Task A_pinned_manifest_that_was_swapped_is_refused()
    {
        await using var registry = await TestRegistry.StartAsync();
        var digest = registry.Put("1", Small());
        registry.ReplaceManifest(digest, new ImageBuilder().Layer(t => t.File("evil", "x")).Manifest([]));
        using var images = Store();

        var e = await Assert.ThrowsAsync<ImageException>(() => images.EnsureAsync($"{registry.Host}/web@{digest}", null, default));

        Assert.Equal(ImageFault.Invalid, e.Fault);
    }

    [Fact]
    public async Task The_variant_for_this_machine_is_taken_from_an_index()
    {
        await using var registry = await TestRegistry.StartAsync();
        var right = registry.Put("right", Small());
        var wrong = registry.Put("wrong", new ImageBuilder().Layer(t => t.File("other", "x")));
        registry.PutManifest("1", Index((wrong, "s390x"), (right, "amd64")), "application/vnd.oci.image.index.v1+json");
        registry.PutManifest("2", Index((wrong, "s390x")), "application/vnd.oci.image.index.v1+json");
        using var images = Store();

        var image = await images.EnsureAsync($"{registry.Host}/web:1", null, default);
        var none = await Assert.ThrowsAsync<ImageException>(() => images.EnsureAsync($"{registry.Host}/web:2", null, default));

        Assert.Equal(right, image.Content.Manifest.ToString());
        Assert.Contains("no variant for linux/amd64, only for linux/s390x", none.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_document_that_is_manifest_and_index_at_once_is_refused()
    {
        await using var registry = await TestRegistry.StartAsync();
        var both = JsonNode.Parse(Small().Manifest([]))!.AsObject();
        both["manifests"] = new JsonArray();
        registry.PutManifest("1", Encoding.UTF8.GetBytes(both.ToJsonString()), "application/vnd.oci.image.manifest.v1+json");
        using var images = Store();

        var e = await Assert.ThrowsAsync<ImageException>(() => images.EnsureAsync($"{registry.Host}/web:1", null, default));

        Assert.Equal(ImageFault.Invalid, e.Fault);
    }

    [Fact]
    public async Task The_policy_decides_when_the_registry_is_asked()
    {
        await using var registry = await TestRegistry.StartAsync();
        registry.Put("1", Small());
        using var images = Store();
        var name = $"{registry.Host}/web:1";

        Assert.Equal(ImageFault.NeverPulled, (await Assert.ThrowsAsync<ImageException>(() => images.EnsureAsync(name, ImagePullPolicy.Never, default))).Fault);
        Assert.Empty(registry.Requests);
        await images.EnsureAsync(name, ImagePullPolicy.IfNotPresent, default);
        var asked = registry.Requests.Count;
        await images.EnsureAsync(name, ImagePullPolicy.IfNotPresent, default);
        await images.EnsureAsync(name, ImagePullPolicy.Never, default);
        Assert.Equal(asked, registry.Requests.Count);
        await images.EnsureAsync(name, ImagePullPolicy.Always, default);
        Assert.Equal(asked + 1, registry.Requests.Count);
    }

    [Fact]
    public async Task A_layer_that_unpacks_to_something_else_than_its_image_says_is_refused()
    {
        await using var registry = await TestRegistry.StartAsync();
        var original = Small();
        var manifest = JsonNode.Parse(original.Manifest([]))!.AsObject();
        var other = new ImageBuilder().Layer(t => t.File("greeting", "changed"));
        registry.Put("other", other);
        registry.Put("original", original);
        var swapped = JsonNode.Parse(other.Manifest([]))!.AsObject();
        manifest["layers"] = swapped["layers"]!.DeepClone();
        registry.PutManifest("1", Encoding.UTF8.GetBytes(manifest.ToJsonString()), "application/vnd.oci.image.manifest.v1+json");
        using var images = Store();

        var e = await Assert.ThrowsAsync<ImageException>(() => images.EnsureAsync($"{registry.Host}/web:1", null, default));

        Assert.Contains("unpacks to", e.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetDirectories(_directory["images/layers"]));
    }

    [Theory]
    [InlineData("oci")]
    [InlineData("oci-archive")]
    [InlineData("docker-archive")]
    public async Task An_archive_is_imported_in_every_form(string form)
    {
        var digest = Small().WriteLayout(_directory["layout"], "shop/web:1");
        var archive = _directory["layout"];
        if (form != "oci")
        {
            archive = _directory["archive.tar"];
            await Given.RunAsync("skopeo", "copy", "--quiet", "--insecure-policy", $"oci:{_directory["layout"]}", $"{form}:{archive}:shop/web:1");
        }

        using var images = Store();
        var (name, manifest) = Assert.Single(await images.ImportAsync(archive, null, default));
        var image = await images.EnsureAsync("shop/web:1", ImagePullPolicy.Never, default);

        Assert.Equal("docker.io/shop/web:1", name);
        Assert.Equal("hello", File.ReadAllText(Path.Combine(image.Layers[0], "greeting")));
        if (form == "oci")
            Assert.Equal(digest, manifest);
    }

    [Fact]
    public async Task A_zstd_layer_is_unpacked()
    {
        new ImageBuilder().ZstdLayer(t => t.File("greeting", "hello")).WriteLayout(_directory["layout"]);
        using var images = Store();
        await images.ImportAsync(_directory["layout"], "web:1", default);

        var image = await images.EnsureAsync("web:1", null, default);

        Assert.Equal("hello", File.ReadAllText(Path.Combine(image.Layers[0], "greeting")));
    }

    static ImageBuilder Small() => new ImageBuilder().Layer(t => t.File("greeting", "hello"));

    static byte[] Index(params (string Digest, string Architecture)[] entries) => Encoding.UTF8.GetBytes(new JsonObject
    {
        ["schemaVersion"] = 2,
        ["mediaType"] = "application/vnd.oci.image.index.v1+json",
        ["manifests"] = new JsonArray([.. entries.Select(entry => new JsonObject
        {
            ["mediaType"] = "application/vnd.oci.image.manifest.v1+json",
            ["digest"] = entry.Digest,
            ["size"] = 1,
            ["platform"] = new JsonObject { ["os"] = "linux", ["architecture"] = entry.Architecture },
        })]),
    }.ToJsonString());

    ImageStore Store(string node = "n1", RegistryOptions? registries = null) => new(node, _directory["images"], registries ?? new RegistryOptions(), new ImageLimits());
}
