using System.Text;
using Orchestrator.Runtime.Plan;
using Orchestrator.Runtime.State;
using Orchestrator.Runtime.Syscalls;

namespace Orchestrator.Runtime.Launch;

/// <summary>Runs a program of the host's and takes what it says.</summary>
static class HostProgram
{
    /// <exception cref="ContainerException">It did not end with 0; its errors are on stderr.</exception>
    public static string Output(string path, IReadOnlyList<string> arguments)
    {
        var (read, write) = Kernel.Pipe();
        using (read)
        using (write)
        {
            var ops = new OpList();
            ops.Add("run " + path, Call.dup3, Slots.Target, 1, 0);
            ProgramSteps.ExecutePath(ops, "run " + path, path, arguments, ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"]);
            using var process = Launched.Start(ops.Build(CloneFlags.None), [(Slots.Target, write)]);
            write.Dispose();
            process.Next();
            var text = Encoding.UTF8.GetString(Kernel.ReadAll(read.Number, path));
            Kernel.Wait(process.Pid, block: true, out var status);
            return status.ExitCode == 0 ? text : throw new ContainerException($"{path} ended with {status.ExitCode}");
        }
    }
}
