using Orchestrator.Manifests.Merging;
using Orchestrator.Model.Configuration;

namespace Orchestrator.Manifests.Tests;

public sealed class ConfigurationTests
{
    [Fact]
    public void A_key_that_is_taken_out_of_stringData_goes_from_the_secret()
    {
        var live = Created("stringData: {user: admin, password: old}");
        var updated = (Secret)Assert.IsType<ToUpdate>(Apply.Decide(Secret("stringData: {password: new}"), live)).Resource;
        Assert.Equal(["password"], updated.Data.Keys);
        Assert.Equal("bmV3", updated.Data["password"]);
        Assert.Empty(updated.StringData);
    }

    [Fact]
    public void Applying_the_same_secret_again_changes_nothing() =>
        Assert.IsType<Unchanged>(Apply.Decide(Secret("stringData: {user: admin}"), Created("stringData: {user: admin}")));

    [Fact]
    public void An_immutable_secret_keeps_its_content_and_stays_immutable()
    {
        var live = Created("stringData: {user: admin}", "immutable: true");
        Assert.Equal("immutable", Assert.IsType<Impossible>(Apply.Decide(Secret("stringData: {user: root}", "immutable: true"), live)).Problems.Single().Path);
        Assert.Equal("immutable", Assert.IsType<Impossible>(Apply.Decide(Secret("stringData: {user: admin}"), live)).Problems.Single().Path);
    }

    [Fact]
    public void The_type_of_a_secret_can_not_be_changed() =>
        Assert.Equal("type", Assert.IsType<Impossible>(Apply.Decide(Secret("type: other", "stringData: {user: admin}"), Created("stringData: {user: admin}"))).Problems.Single().Path);

    [Fact]
    public void A_secret_as_text_says_nothing_of_its_content() =>
        Assert.Equal("default/secret/login (Opaque, 1 keys)", Created("stringData: {user: admin}").ToString());

    static Secret Created(params string[] lines)
    {
        var created = (Secret)Assert.IsType<ToCreate>(Apply.Decide(Secret(lines), null)).Resource;
        return created with { Metadata = created.Metadata with { Uid = "u", ResourceVersion = "7", Generation = 1 } };
    }

    static ManifestObject Secret(params string[] lines)
    {
        var read = ManifestReader.Read([new ManifestFile("test.yaml", $"apiVersion: v1\nkind: Secret\nmetadata: {{name: login}}\n{string.Join('\n', lines)}\n")]);
        Assert.Empty(read.Problems);
        return read.Objects.Single();
    }
}
