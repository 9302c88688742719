using System.CommandLine;
using System.Text.Json.Nodes;
using Google.Protobuf;
using Orchestrator.Cli.Output;
using Orchestrator.Contracts;
using Orchestrator.Manifests;
using Orchestrator.Model;
using Orchestrator.Model.Configuration;

namespace Orchestrator.Cli.Commands;

/// <summary><c>orch create</c>: makes a ConfigMap or a Secret of files and words, or a namespace; refused when there is one of the name.</summary>
static class CreateCommand
{
    public static Command Create(SharedOptions shared)
    {
        var generic = Of(shared, "generic", "of any content", "Create a Secret of files and words.", Secret.KindName, type: true);
        var tls = Tls(shared);
        return new Command("create", "Create a ConfigMap, a Secret or a namespace without a manifest.")
        {
            Of(shared, "configmap", "of any content", "Create a ConfigMap of files and words.", ConfigMap.KindName, type: false),
            new Command("secret", "Create a Secret.") { generic, tls },
            Namespace(shared),
        };
    }

    static Command Of(SharedOptions shared, string verb, string what, string description, string kind, bool type)
    {
        var name = new Argument<string>("name") { Description = $"its name; it is {what}" };
        var literals = new Option<string[]>("--from-literal") { Description = "key=value; may be given several times" };
        var files = new Option<string[]>("--from-file") { Description = "[key=]file, or a directory whose files are taken; may be given several times" };
        var lists = new Option<string[]>("--from-env-file") { Description = "a file with a key=value on each line" };
        var types = new Option<string>("--type") { Description = "the Secret's type; Opaque when not given" };
        var making = new Making(shared);
        var command = new Command(verb, description) { name, literals, files, lists };
        if (verb == "configmap") command.Aliases.Add("cm");
        if (type) command.Options.Add(types);
        making.AddTo(command);
        command.SetAction((parsed, token) =>
        {
            var content = Content.Of(parsed.GetValue(literals) ?? [], parsed.GetValue(files) ?? [], parsed.GetValue(lists) ?? []);
            var manifest = kind == Secret.KindName ? content.Secret(type ? parsed.GetValue(types) : null) : content.ConfigMap();
            return making.MakeAsync(parsed, manifest, parsed.GetValue(name)!, token); // required
        });
        return command;
    }

    static Command Tls(SharedOptions shared)
    {
        var name = new Argument<string>("name") { Description = "its name" };
        var certificate = new Option<string>("--cert") { Description = "the file with the certificate and its chain, as PEM", Required = true };
        var key = new Option<string>("--key") { Description = "the file with the private key, as PEM", Required = true };
        var making = new Making(shared);
        var command = new Command("tls", "Create a Secret of a certificate and its key.") { name, certificate, key };
        making.AddTo(command);
        command.SetAction((parsed, token) =>
        {
            var content = Content.Of([], [$"{SecretTypes.TlsChain}={parsed.GetValue(certificate)}", $"{SecretTypes.TlsKey}={parsed.GetValue(key)}"], []);
            return making.MakeAsync(parsed, content.Secret(SecretTypes.Tls), parsed.GetValue(name)!, token); // required
        });
        return command;
    }

    static Command Namespace(SharedOptions shared)
    {
        var name = new Argument<string>("name") { Description = "its name" };
        var making = new Making(shared);
        var command = new Command("namespace", "Create a namespace.") { name };
        command.Aliases.Add("ns");
        making.AddTo(command);
        command.SetAction((parsed, token) => making.MakeAsync(parsed, new JsonObject { ["apiVersion"] = "v1", ["kind"] = Model.Meta.Namespace.KindName }, parsed.GetValue(name)!, token)); // required
        return command;
    }

    /// <summary>The last step of all of them: the object is shown, or checked and created.</summary>
    sealed class Making(SharedOptions shared)
    {
        readonly Option<string> _dryRun = new("--dry-run") { Description = "create nothing: with -o yaml, print the manifest instead", Arity = ArgumentArity.ZeroOrOne };
        readonly Option<string> _output = new("--output", "-o") { Description = "yaml, json or name" };

        public void AddTo(Command command)
        {
            command.Options.Add(_dryRun);
            command.Options.Add(_output);
        }

        public async Task<int> MakeAsync(ParseResult parsed, JsonObject manifest, string name, CancellationToken token)
        {
            var format = Printer.Read(parsed.GetValue(_output));
            var kind = Kinds.Find((string)manifest["kind"]!)!; // written above
            manifest.Insert(2, "metadata", kind.Namespaced ? new JsonObject { ["name"] = name, ["namespace"] = shared.Namespace(parsed) } : new JsonObject { ["name"] = name });
            var json = System.Text.Encoding.UTF8.GetBytes(manifest.ToJsonString());
            var read = ManifestReader.ReadJson($"{kind.Singular}/{name}", json);
            foreach (var problem in read.Problems) await Console.Error.WriteLineAsync($"error: {problem}");
            if (!read.IsRight) return 1;
            if (format is Format.Yaml) Console.Write(Manifests.Text.YamlWriter.Write(manifest));
            else if (format is Format.Json) Console.WriteLine(Printer.Indent(manifest));
            var dry = parsed.GetResult(_dryRun) is not null;
            if (!dry)
            {
                using var cluster = shared.Connect(parsed);
                var request = new TransactRequest { RequestId = Guid.NewGuid().ToString("N") };
                request.Compare.Add(new Comparison { Kind = kind.Name, Namespace = kind.Namespaced ? shared.Namespace(parsed) : "", Name = name, Revision = 0 });
                request.Operations.Add(new TransactOperation { Put = ByteString.CopyFrom(json) });
                await cluster.AskAsync(client => client.TransactAsync(request, cancellationToken: token).ResponseAsync);
            }

            if (format is Format.Name) Console.WriteLine($"{kind.Singular}/{name}");
            else if (format is not (Format.Yaml or Format.Json)) Console.WriteLine($"{kind.Singular}/{name} created{(dry ? " (dry run)" : "")}");
            return 0;
        }
    }
}
