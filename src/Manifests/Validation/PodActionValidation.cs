using Orchestrator.Model.Pods;

namespace Orchestrator.Manifests.Validation;

/// <summary>What probes and lifecycle hooks do: the same few actions.</summary>
static class PodActionValidation
{
    public static void Lifecycle(Findings findings, string path, Lifecycle? lifecycle)
    {
        Handler(findings, $"{path}.postStart", lifecycle?.PostStart);
        Handler(findings, $"{path}.preStop", lifecycle?.PreStop);
    }

    public static void OneOf(Findings findings, string path, params IReadOnlyList<(string Name, object? Action)> actions)
    {
        var names = actions.Select(each => each.Name).ToList();
        findings.Require(actions.Count(each => each.Action is not null) == 1, path, $"needs exactly one of {string.Join(", ", names[..^1])} and {names[^1]}");
    }

    public static void Actions(Findings findings, string path, HttpGetAction? http, TcpSocketAction? tcp, ExecAction? exec)
    {
        if (http is { Port.Text: null }) Names.Port(findings, $"{path}.httpGet.port", http.Port.Number);
        if (tcp is { Port.Text: null }) Names.Port(findings, $"{path}.tcpSocket.port", tcp.Port.Number);
        if (exec is not null) findings.Require(exec.Command.Count > 0, $"{path}.exec.command", "needs a command");
    }

    static void Handler(Findings findings, string path, LifecycleHandler? handler)
    {
        if (handler is null) return;
        OneOf(findings, path, ("exec", handler.Exec), ("httpGet", handler.HttpGet), ("tcpSocket", handler.TcpSocket), ("sleep", handler.Sleep));
        Actions(findings, path, handler.HttpGet, handler.TcpSocket, handler.Exec);
        if (handler.Sleep is { } sleep) findings.Require(sleep.Seconds >= 0, $"{path}.sleep.seconds", "must not be negative");
    }
}
