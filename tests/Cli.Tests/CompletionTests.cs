namespace Orchestrator.Cli.Tests;

/// <summary>What bash offers when a person presses Tab, asked of bash itself.</summary>
public sealed class CompletionTests
{
    [Theory]
    [InlineData("orch ge", "get")]
    [InlineData("orch r", "rebalance rollback rollout")]
    [InlineData("orch get pods", "pods")]
    [InlineData("orch get pods web-5d4f-a", "web-5d4f-aaaaa")]
    [InlineData("orch describe pod/", "pod/web-5d4f-aaaaa pod/web-5d4f-bbbbb")]
    [InlineData("orch delete node ", "n1 n2")]
    [InlineData("orch logs web", "web-5d4f-aaaaa web-5d4f-bbbbb")]
    [InlineData("orch get --outp", "--output")]
    [InlineData("orch completion ", "bash fish zsh")]
    [InlineData("orch config use", "use-context")]
    public async Task Bash_offers(string line, string words)
    {
        await using var cluster = await FakeCluster.StartAsync(Objects.Timeless);
        var script = $$"""
            orch() { {{Orch.CommandLine}} "$@"; }
            source <(orch completion bash)
            COMP_LINE='{{line}}' COMP_POINT={{line.Length}}
            IFS=' ' read -r -a COMP_WORDS <<<"$COMP_LINE"
            [[ $COMP_LINE != *' ' ]] || COMP_WORDS+=('')
            COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
            _orch_complete
            echo "${COMPREPLY[@]}"
            """;
        var environment = new Dictionary<string, string> { ["ORCH_SERVER"] = $"http://{cluster.Address}", ["ORCH_CONFIG"] = "/nowhere/config.json" };
        var outcome = await Orch.RunAsync("bash", ["-c", script], "/", "", environment);
        Assert.Equal((words, ""), (outcome.Output.Trim(), outcome.Errors));
    }

    [Theory]
    [InlineData("zsh", "compdef _orch orch")]
    [InlineData("fish", "complete -c orch")]
    public async Task Other_shells_get_a_script_of_their_own(string shell, string line)
    {
        var outcome = await Orch.RunAsync(["completion", shell], "/", "", new Dictionary<string, string>());
        Assert.Contains(line, outcome.Output, StringComparison.Ordinal);
    }
}
