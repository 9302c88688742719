using System.Text;
using System.Text.Json;
using Orchestrator.Cli.Connection;
using Orchestrator.Model;
using Orchestrator.Model.Meta;
using Orchestrator.Model.Nodes;
using Orchestrator.Model.Pods;

namespace Orchestrator.Cli.Commands.Sim;

/// <summary>Nodes, and pods in the order in which they come and go.</summary>
sealed record Trace(IReadOnlyList<Node> Nodes, IReadOnlyList<Pod> Pods);

/// <summary>Reads traces: a JSON object a line. Empty lines are passed over.</summary>
static class TraceFiles
{
    /// <summary>So many problems are told; a file of the wrong kind would have one a line.</summary>
    const int MostProblems = 20;

    /// <summary>The trace, or every problem on standard error and null.</summary>
    /// <exception cref="CliException">A file is not there.</exception>
    public static Trace? Read(string nodes, string pods)
    {
        var problems = new List<string>();
        var read = new Trace([.. Objects<Node>(nodes, problems).Select(Ready)], Objects<Pod>(pods, problems));
        foreach (var twice in read.Nodes.GroupBy(node => node.Name).Where(group => group.Count() > 1)) problems.Add($"{nodes}: node {twice.Key} is there {twice.Count()} times");
        foreach (var problem in problems.Take(MostProblems)) Console.Error.WriteLine($"error: {problem}");
        if (problems.Count > MostProblems) Console.Error.WriteLine($"error: and {problems.Count - MostProblems} more problems");
        return problems.Count == 0 ? read : null;
    }

    /// <summary>A node of a trace is there to be used: it is ready unless it says that it is not, and has what it is capable of unless it says less.</summary>
    static Node Ready(Node node)
    {
        var status = node.Status;
        if (status.Allocatable.Count == 0) status = status with { Allocatable = status.Capacity };
        if (!status.Allocatable.ContainsKey(ResourceNames.Pods))
            status = status with { Allocatable = new Dictionary<string, Model.Values.Quantity>(status.Allocatable) { [ResourceNames.Pods] = Model.Values.Quantity.FromCount(Unlimited) } };
        if (status.Conditions.Find(NodeConditions.Ready) is null)
            status = status with { Conditions = status.Conditions.With(new Condition { Type = NodeConditions.Ready, Status = ConditionStatus.True }) };
        return node with { Status = status };
    }

    /// <summary>As many pods as a node takes that does not say.</summary>
    const long Unlimited = 1_000_000;

    static List<T> Objects<T>(string path, List<string> problems)
        where T : Resource
    {
        var objects = new List<T>();
        using var reader = Open(path);
        for (var number = 1; reader.ReadLine() is { } line; number++)
        {
            if (string.IsNullOrWhiteSpace(line)) continue;
            try
            {
                var resource = ModelJson.DecodeResource(Encoding.UTF8.GetBytes(line));
                if (resource is not T right) problems.Add($"{path}:{number}: expected a {typeof(T).Name}, found a {resource.Kind}");
                else if (right.Name.Length == 0) problems.Add($"{path}:{number}: metadata.name is required");
                else objects.Add(right);
            }
            catch (JsonException failure)
            {
                problems.Add($"{path}:{number}: {failure.Message.Split('\n')[0]}");
            }
        }

        return objects;
    }

    static StreamReader Open(string path)
    {
        if (path == "-") return new StreamReader(Console.OpenStandardInput());
        return File.Exists(path) ? new StreamReader(path) : throw new CliException($"{path} is not there");
    }
}
