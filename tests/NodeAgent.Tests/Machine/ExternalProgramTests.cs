using Orchestrator.NodeAgent.Syscalls;

namespace Orchestrator.NodeAgent.Tests.Machine;

public sealed class ExternalProgramTests
{
    [Fact]
    public async Task What_a_service_manager_tells_the_agent_is_for_no_program_of_its()
    {
        Environment.SetEnvironmentVariable("NOTIFY_SOCKET", "/run/systemd/notify");
        try
        {
            var said = await ExternalProgram.RunAsync(["/usr/bin/env"], TimeSpan.FromSeconds(30), CancellationToken.None);
            Assert.Contains("PATH=", said.Output, StringComparison.Ordinal);
            Assert.DoesNotContain("NOTIFY_SOCKET", said.Output, StringComparison.Ordinal);
        }
        finally
        {
            Environment.SetEnvironmentVariable("NOTIFY_SOCKET", null);
        }
    }
}
