using Orchestrator.NodeAgent.Images;

namespace Orchestrator.NodeAgent.Tests.Images;

public sealed class ImageUserTests
{
    static readonly string[] Passwd = ["root:x:0:0:root:/root:/bin/sh", "app:x:1000:1001::/:/bin/sh", "77:x:78:78::/:/bin/sh"];
    static readonly string[] Groups = ["staff:x:50:app,other", "app:x:1001:app", "wheel:x:10:root"];

    [Theory]
    [InlineData(null, 0, 0, "10")]
    [InlineData("app", 1000, 1001, "50")]
    [InlineData("1000", 1000, 1001, "50")]
    [InlineData("app:staff", 1000, 50, "")]
    [InlineData("5:6", 5, 6, "")]
    [InlineData("77", 77, 0, "")]
    public void A_user_becomes_numbers(string? user, uint uid, uint gid, string more)
    {
        var found = ImageUser.Resolve(user, Passwd, Groups);

        Assert.Equal((uid, gid, more), (found.Uid, found.Gid, string.Join(",", found.AdditionalGids)));
    }

    [Theory]
    [InlineData("nobody")]
    [InlineData("1000:")]
    [InlineData("-1")]
    [InlineData("4294967296")]
    [InlineData("4294967295")]
    [InlineData("2147483647")]
    [InlineData("0x0")]
    [InlineData(" 0")]
    [InlineData("app:nogroup")]
    [InlineData("a:b:c")]
    public void A_user_that_can_not_be_is_refused(string user) => Assert.Throws<ImageException>(() => ImageUser.Resolve(user, Passwd, Groups));
}
