using System.CommandLine;
using System.Text.Json;
using Orchestrator.Cli.Connection;
using Orchestrator.Manifests.Checking;
using Orchestrator.Model.Pods;
using Orchestrator.Scheduler;
using Orchestrator.Scheduler.Policies;

namespace Orchestrator.Cli.Commands.Sim;

/// <summary><c>orch sim place</c>: what the scheduler would do with nodes and pods from files. Needs no cluster.</summary>
static class SimCommand
{
    public static Command Create() => new("sim", "Try things out without a cluster.") { Place() };

    static Command Place()
    {
        var nodes = new Option<string>("--nodes") { Description = "a file of Node objects, a JSON line each; - for standard input", Required = true };
        var pods = new Option<string>("--pods") { Description = "a file of Pod objects in order of arrival, a JSON line each; one with metadata.deletionTimestamp departs", Required = true };
        var profile = new Option<string>("--profile") { Description = $"how nodes are chosen: {string.Join(" or ", Profiles.Names)}", DefaultValueFactory = static _ => Profiles.BinPack };
        var seed = new Option<int>("--seed") { Description = "shuffles the order in which the first of equal nodes is taken; 0 keeps the order of their names" };
        var output = new Option<string>("--output", "-o") { Description = "jsonl (a line a decision, then the summary) or summary", DefaultValueFactory = static _ => "jsonl" };
        var command = new Command("place", "Place the pods of a trace, one decision a line.") { nodes, pods, profile, seed, output };
        command.SetAction(parsed =>
        {
            var chosen = parsed.GetValue(profile)!; // has a default
            if (!Profiles.Names.Contains(chosen)) throw new CliException($"there is no profile {chosen}{Near(chosen, Profiles.Names)}; choose {string.Join(" or ", Profiles.Names)}");
            var form = parsed.GetValue(output)!; // has a default
            if (form is not ("jsonl" or "summary")) throw new CliException($"there is no output format {form}{Near(form, ["jsonl", "summary"])}; choose jsonl or summary");
            if (TraceFiles.Read(parsed.GetValue(nodes)!, parsed.GetValue(pods)!) is not { } trace) return 1; // both are required
            using var lines = new StreamWriter(Console.OpenStandardOutput(), bufferSize: 1 << 16);
            Run(trace, new Replay(trace.Nodes, trace.Pods, chosen, parsed.GetValue(seed)), lines, form == "jsonl");
            return 0;
        });
        return command;
    }

    static void Run(Trace trace, Replay replay, TextWriter lines, bool each)
    {
        var (arrived, departed, placedAtOnce, placedLater) = (0, 0, 0, 0);
        foreach (var pod in trace.Pods)
        {
            if (pod.IsBeingDeleted())
            {
                departed++;
                var placed = replay.Depart(pod);
                placedLater += placed.Count;
                if (!each) continue;
                lines.WriteLine(Line(writer => Named(writer, pod, "departed")));
                foreach (var decision in placed) lines.WriteLine(Line(writer => Said(writer, decision)));
            }
            else
            {
                arrived++;
                var decision = replay.Arrive(pod);
                if (decision is Placed) placedAtOnce++;
                if (each) lines.WriteLine(Line(writer => Said(writer, decision)));
            }
        }

        lines.WriteLine(Line(writer =>
        {
            writer.WriteStartObject("summary");
            writer.WriteNumber("nodes", trace.Nodes.Count);
            writer.WriteNumber("nodesInUse", replay.NodesInUse);
            writer.WriteNumber("podsArrived", arrived);
            writer.WriteNumber("podsDeparted", departed);
            writer.WriteNumber("podsPlaced", placedAtOnce + placedLater);
            writer.WriteNumber("podsPlacedAfterWaiting", placedLater);
            writer.WriteNumber("podsWaiting", replay.Waiting);
            writer.WriteStartObject("allocation");
            foreach (var use in replay.Use().Where(use => use.Name != ResourceNames.Pods))
            {
                writer.WriteStartObject(use.Name);
                writer.WriteString("allocatable", use.Whole);
                writer.WriteString("allocated", use.Taken);
                writer.WriteNumber("percent", Math.Round((decimal)(100 * use.Share), 3));
                writer.WriteEndObject();
            }

            writer.WriteEndObject();
            writer.WriteEndObject();
        }));
    }

    static void Said(Utf8JsonWriter writer, Decision decision)
    {
        switch (decision)
        {
            case Placed placed:
                Named(writer, decision.Pod, "placed");
                writer.WriteString("node", placed.Node);
                if (placed.Devices.Count == 0) break;
                writer.WriteStartArray("devices");
                foreach (var device in placed.Devices) writer.WriteNumberValue(device);
                writer.WriteEndArray();
                break;
            case Unplaced unplaced:
                Named(writer, decision.Pod, "waiting");
                writer.WriteString("reason", unplaced.Summary());
                break;
        }
    }

    static void Named(Utf8JsonWriter writer, Pod pod, string decision)
    {
        writer.WriteString("pod", pod.Name);
        if (pod.Metadata.Namespace is { } @namespace) writer.WriteString("namespace", @namespace);
        writer.WriteString("decision", decision);
    }

    static readonly JsonWriterOptions Plain = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    static string Line(Action<Utf8JsonWriter> write)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, Plain))
        {
            writer.WriteStartObject();
            write(writer);
            writer.WriteEndObject();
        }

        return System.Text.Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length);
    }

    static string Near(string word, IEnumerable<string> names) => Spelling.Nearest(word, names) is { } near ? $", did you mean {near}?" : "";
}
