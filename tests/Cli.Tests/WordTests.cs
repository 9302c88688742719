using Orchestrator.Cli.Commands;
using Orchestrator.Cli.Connection;

namespace Orchestrator.Cli.Tests;

/// <summary>The words of a command line, without running it.</summary>
public sealed class WordTests
{
    [Theory]
    [InlineData("pods", "Pod")]
    [InlineData("po", "Pod")]
    [InlineData("Pod", "Pod")]
    [InlineData("deploy,svc", "Deployment Service")]
    [InlineData("pods,po,svc", "Pod Service")]
    [InlineData("all", "Pod Service DaemonSet Deployment ReplicaSet StatefulSet Job CronJob")]
    [InlineData("all,ing", "Pod Service DaemonSet Deployment ReplicaSet StatefulSet Job CronJob Ingress")]
    [InlineData("pod web-1 web-2", "Pod/web-1 Pod/web-2")]
    [InlineData("deploy/web svc/web", "Deployment/web Service/web")]
    public void Objects_are_named_as_with_kubectl(string words, string targets) =>
        Assert.Equal(targets, string.Join(' ', Target.Read(words.Split(' ')).Select(target => target.Kind.Name + (target.Name is null ? "" : $"/{target.Name}"))));

    [Theory]
    [InlineData("pdos", "there is no kind of object pdos; did you mean pods?")]
    [InlineData("deployement/web", "there is no kind of object deployement; did you mean deployment?")]
    [InlineData("records", "there is no kind of object records")]
    [InlineData("pods,svc web", "names go with one kind only; write kind/name for each")]
    [InlineData("pod/", "pod/ names no object; write kind/name")]
    [InlineData("pod/a/b", "pod/a/b names no object; write kind/name")]
    [InlineData("pod/a svc", "svc names no object; write kind/name")]
    [InlineData(",", "\",\" names no kind of object; write pods or deploy,svc")]
    public void What_names_no_object_is_answered_with_the_likely_word(string words, string message) =>
        Assert.Equal(message, Assert.Throws<CliException>(() => Target.Read(words.Split(' '))).Message);

    [Theory]
    [InlineData("10.0.0.1", "https://10.0.0.1:6440/")]
    [InlineData("node-1:7000", "https://node-1:7000/")]
    [InlineData("https://node-1:443", "https://node-1/")]
    [InlineData("[::1]", "https://[::1]:6440/")]
    public void A_server_is_a_host_and_perhaps_a_port(string text, string address) => Assert.Equal(address, SharedOptions.AddressOf(text).ToString());

    [Theory]
    [InlineData("30s", 30)]
    [InlineData("5m", 300)]
    [InlineData("1h30m", 5400)]
    [InlineData("2d", 172800)]
    public void Ages_are_written_with_their_units(string text, long seconds) => Assert.Equal(seconds, LogsCommand.SecondsOf(text));

    [Theory]
    [InlineData("")]
    [InlineData("5")]
    [InlineData("m")]
    [InlineData("-5m")]
    [InlineData("1h30")]
    [InlineData("99999999999s")]
    public void An_age_without_sense_is_refused(string text) => Assert.Throws<CliException>(() => LogsCommand.SecondsOf(text));
}
