using System.CommandLine;
using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json.Nodes;
using Google.Protobuf;
using Grpc.Core;
using Orchestrator.Cli.Connection;
using Orchestrator.Contracts;
using Orchestrator.Manifests;
using Orchestrator.Manifests.Text;
using Orchestrator.Model;
using Orchestrator.Model.Meta;

namespace Orchestrator.Cli.Commands;

/// <summary><c>orch edit</c>: an object in the user's editor, and what was saved in the cluster.</summary>
static class EditCommand
{
    const string Help = "# What is saved here is put into the cluster. Lines that begin with # are left out; an empty file changes nothing.\n#\n";

    static readonly string[] EditorVariables = ["ORCH_EDITOR", "KUBE_EDITOR", "VISUAL", "EDITOR"];

    public static Command Create(SharedOptions shared)
    {
        var words = new Argument<string[]>("object") { Description = "deployment/web, or deployment web", Arity = ArgumentArity.OneOrMore };
        ObjectNames.Complete(words, shared);
        var command = new Command("edit", "Change an object in an editor.") { words };
        command.SetAction(async (parsed, token) =>
        {
            var targets = Target.Read(parsed.GetValue(words)!); // one or more
            if (targets is not [{ Name: { } name } target]) throw new CliException("name one object, such as deployment/web");
            using var cluster = shared.Connect(parsed);
            return await EditAsync(cluster, target.Kind, target.Kind.Namespaced ? shared.Namespace(parsed) : "", name, token);
        });
        return command;
    }

    static async Task<int> EditAsync(ClusterConnection cluster, Kind kind, string @namespace, string name, CancellationToken token)
    {
        var get = new GetRequest { Kind = kind.Name, Namespace = @namespace, Name = name };
        var stored = (await cluster.AskAsync(client => client.GetAsync(get, cancellationToken: token).ResponseAsync)).ToResource<Resource>().WithoutStatus();
        var file = Path.Combine(Path.GetTempPath(), $"orch-edit-{Guid.NewGuid():N}.yaml");
        await WriteAsync(file, Help + TextOf(stored));
        for (var (before, problems) = (await File.ReadAllTextAsync(file, token), ""); ; before = await File.ReadAllTextAsync(file, token))
        {
            await OpenAsync(file, token);
            var text = await File.ReadAllTextAsync(file, token);
            if (text == before || IsEmpty(text))
            {
                if (problems.Length > 0) throw new CliException($"{problems}\n{kind.Singular}/{name} was not changed; what was written is in {file}");
                File.Delete(file);
                Console.WriteLine("Edit cancelled, no changes made.");
                return 0;
            }

            problems = await PutAsync(cluster, stored, file, text, token);
            if (problems.Length == 0)
            {
                File.Delete(file);
                Console.WriteLine($"{kind.Singular}/{name} edited");
                return 0;
            }

            await WriteAsync(file, $"{Help}{string.Concat(problems.Split('\n').Select(line => $"# {line}\n"))}#\n{WithoutComments(text)}");
        }
    }

    /// <returns>What is wrong with it, a line each; empty when it is in the cluster.</returns>
    static async Task<string> PutAsync(ClusterConnection cluster, Resource stored, string file, string text, CancellationToken token)
    {
        var set = ManifestReader.Read([new ManifestFile(Path.GetFileName(file), text)], stored.Namespace);
        if (!set.IsRight) return string.Join('\n', set.Problems);
        if (set.Objects is not [{ Resource: var edited }] || edited.Key != stored.Key) return $"it has to stay one object, {stored.Key}";
        var request = new TransactRequest { RequestId = Guid.NewGuid().ToString("N") };
        request.Compare.Add(new Comparison { Kind = stored.Kind, Namespace = stored.Namespace, Name = stored.Name, Revision = stored.Metadata.Revision() });
        request.Operations.Add(new TransactOperation { Put = ByteString.CopyFrom(ModelJson.Encode(edited.WithoutStatus())) });
        try
        {
            await cluster.AskAsync(client => client.TransactAsync(request, cancellationToken: token).ResponseAsync);
            return "";
        }
        catch (RpcException refused) when (refused.StatusCode is StatusCode.InvalidArgument or StatusCode.FailedPrecondition or StatusCode.Aborted)
        {
            return Refusals.Of(refused, set) is { } problems ? string.Join('\n', problems) : refused.Status.Detail;
        }
    }

    static async Task OpenAsync(string file, CancellationToken token)
    {
        var editor = EditorVariables.Select(Environment.GetEnvironmentVariable).FirstOrDefault(value => !string.IsNullOrWhiteSpace(value)) ?? "vi";
        // An editor may be named with options, and is the user's own to name: the shell splits it.
        var start = new ProcessStartInfo("/bin/sh", ["-c", $"{editor} \"$1\"", "sh", file]);
        try
        {
            using var process = Process.Start(start)!; // it starts or throws
            await process.WaitForExitAsync(token);
            if (process.ExitCode != 0) throw new CliException($"{editor} ended with {process.ExitCode}; nothing was changed, and what was written is in {file}. Another editor is named with EDITOR");
        }
        catch (Win32Exception failure)
        {
            throw new CliException($"{editor} can't be started: {failure.Message}");
        }
    }

    static async Task WriteAsync(string file, string text)
    {
        // It may be a Secret's content.
        await using var stream = new FileStream(file, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite });
        await using var writer = new StreamWriter(stream);
        await writer.WriteAsync(text);
    }

    static string TextOf(Resource resource) => YamlWriter.Write(JsonNode.Parse(ModelJson.Encode(resource)));

    static bool IsEmpty(string text) => string.IsNullOrWhiteSpace(WithoutComments(text));

    static string WithoutComments(string text) => string.Join('\n', text.Split('\n').SkipWhile(line => line.StartsWith('#')));
}
