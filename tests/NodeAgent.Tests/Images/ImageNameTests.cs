using Orchestrator.NodeAgent.Images;

namespace Orchestrator.NodeAgent.Tests.Images;

public sealed class ImageNameTests
{
    const string Hash = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    [Theory]
    [InlineData("busybox", "docker.io/library/busybox:latest")]
    [InlineData("busybox:1.36", "docker.io/library/busybox:1.36")]
    [InlineData("team/web", "docker.io/team/web:latest")]
    [InlineData("index.docker.io/team/web:2", "docker.io/team/web:2")]
    [InlineData("registry:5000/web:1", "registry:5000/web:1")]
    [InlineData("localhost/web", "localhost/web:latest")]
    [InlineData("ghcr.io/a/b/c:v1", "ghcr.io/a/b/c:v1")]
    [InlineData("web@" + Hash, "docker.io/library/web@" + Hash)]
    [InlineData("web:1@" + Hash, "docker.io/library/web:1@" + Hash)]
    public void A_name_is_completed_as_docker_does(string written, string full) => Assert.Equal(full, ImageName.Parse(written).ToString());

    [Theory]
    [InlineData("")]
    [InlineData("Web")]
    [InlineData("web:")]
    [InlineData("web:a b")]
    [InlineData("web@sha256:123")]
    [InlineData("web@md5:0123456789abcdef0123456789abcdef")]
    [InlineData("../web")]
    [InlineData("registry:5000/../web")]
    [InlineData("registry:5000/web//x")]
    [InlineData("reg istry:5000/web")]
    [InlineData("user@host/web")]
    public void What_is_no_name_is_refused(string written) =>
        Assert.Equal(ImageFault.BadName, Assert.Throws<ImageException>(() => ImageName.Parse(written)).Fault);

    [Theory]
    [InlineData("sha256:0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef")]
    [InlineData("sha256:../../../../../../../../../../../../../../../../../../etc/passwd")]
    [InlineData("sha512:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")]
    [InlineData("sha256:0123")]
    [InlineData("")]
    public void What_is_no_digest_never_becomes_a_path(string text) => Assert.False(Digest.TryParse(text, out _));
}
