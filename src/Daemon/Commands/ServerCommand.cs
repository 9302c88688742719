using System.CommandLine;
using Orchestrator.Daemon.Hosting;

namespace Orchestrator.Daemon.Commands;

/// <summary><c>orchd server</c>: a member of the control plane, and, if asked, an agent and an ingress with it.</summary>
static class ServerCommand
{
    /// <summary>90 days, as SwarmKit's.</summary>
    const double MaxCertificateHours = 90 * 24;

    const double MinLeaseSeconds = 2, MaxLeaseSeconds = 3600;

    public static Command Create()
    {
        var shared = new SharedOptions();
        var agent = new Option<bool>("--agent") { Description = "also run pods on this machine" };
        var ingress = new Option<bool>("--ingress") { Description = "also take requests from outside on this machine" };
        var learner = new Option<bool>("--learner") { Description = "hold data and do not vote until `orch cluster promote`" };
        var life = new Option<double>("--certificate-hours") { Description = "how long the certificates are good that this server signs", DefaultValueFactory = _ => MaxCertificateHours };
        var lease = new Option<double>("--node-lease") { Description = "seconds without a sign after which a node counts as lost; the same on all servers", DefaultValueFactory = _ => 3 };
        var command = new Command("server", "Run a server of the control plane: the first one makes a cluster, others join it.") { agent, ingress, learner, life, lease };
        command.Subcommands.Add(RestoreCommand.Create(shared));
        command.Subcommands.Add(RecoverCommand.Create(shared));
        var history = new HistoryOptions();
        history.AddTo(command);
        shared.AddTo(command);
        command.SetAction((parsed, token) =>
        {
            var settings = shared.Read(parsed) with { Server = true, Agent = parsed.GetValue(agent), History = history.Read(parsed) };
            var hours = parsed.GetValue(life);
            if (hours is not (> 0 and <= MaxCertificateHours)) throw new StartException($"--certificate-hours {hours}: more than 0 and at most {MaxCertificateHours}, which is 90 days");
            var seconds = parsed.GetValue(lease);
            if (seconds is not (>= MinLeaseSeconds and <= MaxLeaseSeconds)) throw new StartException($"--node-lease {seconds}: {MinLeaseSeconds} to {MaxLeaseSeconds} seconds; agents give a sign every second");
            settings = settings with { NodeLease = TimeSpan.FromSeconds(seconds), Learner = parsed.GetValue(learner), CertificateLife = TimeSpan.FromHours(hours) };
            if (parsed.GetValue(ingress)) settings = shared.WithIngress(parsed, settings);
            return OrchdHost.RunAsync(settings, token);
        });
        return command;
    }
}
