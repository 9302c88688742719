using System.CommandLine;

namespace Orchestrator.Cli.Commands;

/// <summary><c>orch completion</c>: the script that lets a shell complete orch's words. The shell asks orch itself for them.</summary>
static class CompletionCommand
{
    // Options are offered only after a dash: there are many, and the verbs and names would drown in them.
    const string Bash = """
        _orch_complete() {
          local words word=${COMP_WORDS[COMP_CWORD]}
          words=$(orch "[suggest:${COMP_POINT}]" "${COMP_LINE}" 2>/dev/null)
          [[ $word == -* ]] || words=$(grep -v '^[-/]' <<<"$words")
          COMPREPLY=($(compgen -W "${words}" -- "$word"))
        }
        complete -F _orch_complete orch
        """;

    const string Zsh = """
        #compdef orch
        _orch() {
          local -a offered
          offered=("${(@f)$(orch "[suggest:${CURSOR}]" "${BUFFER}" 2>/dev/null)}")
          [[ $PREFIX == -* ]] || offered=("${(@)offered:#[-/]*}")
          compadd -a offered
        }
        compdef _orch orch
        """;

    const string Fish = """
        function __orch_complete
          set -l offered (orch "[suggest:"(commandline -C)"]" (commandline -cp) 2>/dev/null)
          string match -q -- '-*' (commandline -ct); and string join \n -- $offered; or string match -v -r '^[-/]' -- $offered
        end
        complete -c orch -f -a '(__orch_complete)'
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
