using System.CommandLine;

namespace Orchestrator.Cli.Commands;

/// <summary><c>orch completion</c>: the script that lets a shell complete orch's words. The shell asks orch itself for them.</summary>
static class CompletionCommand
{
    const string Bash = """
        _orch_complete() {
          local words
          words=$(orch "[suggest:${COMP_POINT}]" "${COMP_LINE}" 2>/dev/null)
          COMPREPLY=($(compgen -W "${words}" -- "${COMP_WORDS[COMP_CWORD]}"))
        }
        complete -F _orch_complete orch
        """;

    const string Zsh = """
        #compdef orch
        _orch() {
          local -a words
          words=("${(@f)$(orch "[suggest:${CURSOR}]" "${BUFFER}" 2>/dev/null)}")
          compadd -a words
        }
        compdef _orch orch
        """;

    const string Fish = """
        complete -c orch -f -a '(orch "[suggest:"(commandline -C)"]" (commandline -cp) 2>/dev/null)'
        """;

    public static Command Create()
    {
        var shell = new Argument<string>("shell") { Description = "bash, zsh or fish" };
        shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        var command = new Command("completion", "Print the completion script of a shell: source <(orch completion bash).") { shell };
        command.SetAction(parsed =>
        {
            Console.WriteLine(parsed.GetValue(shell) switch { "zsh" => Zsh, "fish" => Fish, _ => Bash });
            return 0;
        });
        return command;
    }
}
