using Orchestrator.Manifests.Merging;
using Orchestrator.Model.Meta;
using Orchestrator.Model.Workloads;
using Orchestrator.Testing;

namespace Orchestrator.Manifests.Tests;

public sealed class ApplyTests
{
    [Fact]
    public void What_the_manifest_no_longer_says_is_taken_out_and_what_it_never_said_is_kept()
    {
        var live = Created(Manifest("replicas: 3", "minReadySeconds: 5"));
        live = live with { Metadata = live.Metadata with { Labels = new Dictionary<string, string> { ["by"] = "somebody" } } };
        var updated = Updated(Manifest("replicas: 4"), live);
        Assert.Equal((4, 0), (updated.Spec.Replicas, updated.Spec.MinReadySeconds));
        Assert.Equal("somebody", updated.Metadata.Labels["by"]);
    }

    [Fact]
    public void A_number_of_replicas_that_the_manifest_never_gave_stays()
    {
        var live = Created(Manifest());
        Assert.Equal(1, live.Spec.Replicas);
        var scaled = live with { Spec = live.Spec with { Replicas = 9 } };
        Assert.Equal(9, Updated(Manifest("minReadySeconds: 1"), scaled).Spec.Replicas);
    }

    [Fact]
    public void Applying_the_same_again_changes_nothing() =>
        Assert.IsType<Unchanged>(Apply.Decide(Manifest("replicas: 3"), Created(Manifest("replicas: 3"))));

    /// <summary>All that the other cases can be read from, so that every kind and list is among it.</summary>
    [Fact]
    public void Applying_any_manifest_again_changes_nothing()
    {
        var seen = 0;
        foreach (var path in Directory.EnumerateFiles(Path.Combine(RepoRoot.Path, "tests", "Manifests.Tests", "Cases"), "*.yaml").Order(StringComparer.Ordinal))
        {
            foreach (var manifest in ManifestReader.Read([new ManifestFile(path, File.ReadAllText(path))]).Objects)
            {
                var created = Assert.IsType<ToCreate>(Apply.Decide(manifest, null)).Resource;
                var again = Apply.Decide(manifest, created);
                Assert.True(again is Unchanged, $"{path}: {created.Key} is not the same when it is applied again: {again}");
                seen++;
            }
        }

        Assert.True(seen > 15, $"{seen} objects");
    }

    [Fact]
    public void Containers_are_merged_by_name()
    {
        var live = Created(Manifest());
        var container = live.Spec.Template.Spec.Containers[0] with { WorkingDir = "/srv" };
        live = live with { Spec = live.Spec with { Template = live.Spec.Template with { Spec = live.Spec.Template.Spec with { Containers = [container] } } } };
        var updated = Updated(Manifest("replicas: 2"), live);
        Assert.Equal(("/srv", "web:1"), (updated.Spec.Template.Spec.Containers[0].WorkingDir, updated.Spec.Template.Spec.Containers[0].Image));
    }

    [Fact]
    public void A_selector_can_not_be_changed()
    {
        var live = Created(Manifest());
        var other = ManifestReader.Read([new ManifestFile("t", Text().Replace("app: web", "app: other", StringComparison.Ordinal))]).Objects.Single();
        var impossible = Assert.IsType<Impossible>(Apply.Decide(other, live));
        Assert.Equal("spec.selector", impossible.Problems[0].Path);
    }

    static Deployment Created(ManifestObject manifest)
    {
        var created = (Deployment)Assert.IsType<ToCreate>(Apply.Decide(manifest, null)).Resource;
        return created with { Metadata = created.Metadata with { Uid = "u", ResourceVersion = "7", Generation = 1 } };
    }

    static Deployment Updated(ManifestObject manifest, Resource live) => (Deployment)Assert.IsType<ToUpdate>(Apply.Decide(manifest, live)).Resource;

    static ManifestObject Manifest(params string[] lines)
    {
        var read = ManifestReader.Read([new ManifestFile("test.yaml", Text(lines))]);
        Assert.Empty(read.Problems);
        return read.Objects.Single();
    }

    static string Text(params string[] lines) => """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web}
        spec:
          selector: {matchLabels: {app: web}}
          template:
            metadata: {labels: {app: web}}
            spec: {containers: [{name: web, image: "web:1"}]}

        """ + string.Concat(lines.Select(line => $"  {line}\n"));
}
