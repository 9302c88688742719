using System.CommandLine;
using System.Formats.Tar;
using Google.Protobuf;
using Grpc.Core;
using Orchestrator.Cli.Connection;
using Orchestrator.Contracts;

namespace Orchestrator.Cli.Commands;

/// <summary><c>orch image import</c>: puts an image from this machine onto the nodes, without a registry.</summary>
static class ImageCommand
{
    /// <summary>Bytes sent in one message: large enough to be quick, well below the limit of a message.</summary>
    const int ChunkBytes = 256 << 10;

    public static Command Create(SharedOptions shared)
    {
        var path = new Argument<string>("path") { Description = "an OCI layout (directory or tar) or a docker archive; - for standard input" };
        var name = new Option<string>("--name") { Description = "the name to give the image, such as web:1" };
        var nodes = new Option<string[]>("--node") { Description = "only onto this node; may be given several times" };
        var import = new Command("import", "Put an image onto the nodes.") { path, name, nodes };
        import.SetAction(async (parsed, token) =>
        {
            using var cluster = shared.Connect(parsed);
            var start = new ImportImageStart { Name = parsed.GetValue(name) ?? "" };
            start.Nodes.AddRange(parsed.GetValue(nodes) ?? []);
            var reply = await cluster.AskAsync(client => SendAsync(client, start, parsed.GetValue(path)!, token)); // required
            foreach (var image in reply.Images) Console.WriteLine($"{image.Name} imported on {image.Node} ({image.Digest})");
            return 0;
        });
        return new Command("image", "Work with images.") { import };
    }

    static async Task<ImportImageReply> SendAsync(Cluster.ClusterClient client, ImportImageStart start, string path, CancellationToken token)
    {
        await using var archive = Open(path);
        using var call = client.ImportImage(cancellationToken: token);
        try
        {
            await call.RequestStream.WriteAsync(new ImportImageRequest { Start = start }, token);
            var chunk = new byte[ChunkBytes];
            int read;
            while ((read = await archive.ReadAtLeastAsync(chunk, chunk.Length, throwOnEndOfStream: false, token)) > 0)
                await call.RequestStream.WriteAsync(new ImportImageRequest { Data = ByteString.CopyFrom(chunk, 0, read) }, token);
            await call.RequestStream.CompleteAsync();
        }
        catch (Exception broken) when (!token.IsCancellationRequested && broken is (RpcException or InvalidOperationException))
        {
            // The server has ended the call, which a write may see as a cancellation; the answer says why.
        }

        return await call.ResponseAsync;
    }

    /// <exception cref="CliException">The path is not there.</exception>
    static Stream Open(string path)
    {
        if (path == "-") return Console.OpenStandardInput();
        if (File.Exists(path)) return File.OpenRead(path);
        if (!Directory.Exists(path)) throw new CliException($"{path} is not there");

        // A layout in a directory travels as a tar, through a file that has no name any more when it is read.
        var packed = new FileStream(Path.GetTempFileName(), FileMode.Create, FileAccess.ReadWrite, FileShare.None, 4096, FileOptions.DeleteOnClose);
        TarFile.CreateFromDirectory(path, packed, includeBaseDirectory: false);
        packed.Position = 0;
        return packed;
    }
}
