using Orchestrator.Testing;

namespace Orchestrator.Ingress.Tests;

public sealed class AccessLogTests : IDisposable
{
    readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("access-");

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public async Task Each_request_has_a_line_without_its_secrets_also_one_that_is_refused()
    {
        var logs = Path.Combine(_directory.FullName, "access");
        await using var pod = await Pod.Named("web");
        await using (var ingress = await RunningIngress.StartAsync(Given.Table([Given.Prefix("web.example", "/")], Given.Backend("web", pod.Address)), options => options with { AccessLog = logs }))
        {
            using var answer = await ingress.SendAsync(HttpMethod.Get, "web.example", "/page?part=2", more: request =>
            {
                request.Headers.Add("Cookie", "session=secret-cookie");
                request.Headers.Add("Authorization", "Bearer secret-token");
                request.Headers.Add("User-Agent", "test/1");
            });
            Assert.Equal("404", await ingress.TextAsync("nobody.example", "/lost"));
            await Eventually.HoldsAsync(() => Lines(logs).Count(line => line.Contains("/page", StringComparison.Ordinal) || line.Contains("/lost", StringComparison.Ordinal)) == 2, "both lines are written");
        }

        var page = Lines(logs).Single(line => line.Contains("/page", StringComparison.Ordinal));
        foreach (var part in (string[])["127.0.0.1", "GET", "/page", "?part=2", "200", "web.example", "test/1"]) Assert.Contains(part, page, StringComparison.Ordinal);
        Assert.Contains("404", Lines(logs).Single(line => line.Contains("/lost", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.DoesNotContain("secret", string.Join('\n', Lines(logs)), StringComparison.Ordinal);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(logs));
    }

    static List<string> Lines(string directory)
    {
        List<string> lines = [];
        foreach (var file in Directory.GetFiles(directory))
        {
            using var reader = new StreamReader(new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
            while (reader.ReadLine() is { } line)
            {
                if (!line.StartsWith('#')) lines.Add(line);
            }
        }

        return lines;
    }
}
