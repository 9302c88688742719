using System.CommandLine;
using Orchestrator.Daemon.Hosting;

namespace Orchestrator.Daemon.Commands;

/// <summary><c>orchd config check</c>: whether the file and the environment are as they can be meant.</summary>
static class ConfigCommand
{
    public static Command Create(RootCommand root)
    {
        var file = new Option<string>(Configuration.FileOption) { Description = "the file to look at", DefaultValueFactory = _ => Configuration.DefaultFile };
        var check = new Command("check", "Say what is wrong with the configuration file and the ORCHD_ variables; the exit status is 1 when something is.") { file };
        check.SetAction(parsed =>
        {
            var path = parsed.GetValue(file)!; // has a default
            if (!File.Exists(path)) throw new StartException($"there is no file {path}");
            var (settings, problems) = Configuration.Check(root, path, Environment.GetEnvironmentVariables());
            foreach (var problem in problems) Console.Error.WriteLine(problem);
            if (problems.Count > 0) return 1;
            Console.WriteLine($"{path}: {settings} settings, all of them fine");
            return 0;
        });
        return new Command("config", "Look after the configuration.") { check };
    }
}
