using Serilog;
using Serilog.Core;
using Serilog.Events;
using Serilog.Formatting.Compact;

namespace Orchestrator.Daemon.Hosting;

/// <summary>The log: one line an event on standard error, for people or, with JSON, for programs.</summary>
static class Logs
{
    const string Template = "{Timestamp:HH:mm:ss.fff} {Level:u3} {Message:lj}{NewLine}{Exception}";

    public static Logger Create(ServerSettings settings)
    {
        var logs = new LoggerConfiguration()
            .MinimumLevel.Is(settings.Verbose ? LogEventLevel.Debug : LogEventLevel.Information)
            .MinimumLevel.Override("Microsoft", LogEventLevel.Warning)
            .MinimumLevel.Override("Microsoft.AspNetCore.Hosting.Diagnostics", LevelAlias.Off) // it says nothing worth a line, but as long as it may, every request is traced for it
            .MinimumLevel.Override("Grpc", LogEventLevel.Error)
            .MinimumLevel.Override("System", LogEventLevel.Warning)
            .MinimumLevel.Override("Orleans", LogEventLevel.Error)
            .MinimumLevel.Override("DotNext", settings.Verbose ? LogEventLevel.Debug : LogEventLevel.Error)
            .MinimumLevel.Override("Yarp", LogEventLevel.Error)
            .MinimumLevel.Override("Polly", LogEventLevel.Warning)
            .Enrich.WithProperty("Host", settings.Name);
        // The service manager says so to what writes into the journal: systemd.exec(5).
        var toJournal = Environment.GetEnvironmentVariable("JOURNAL_STREAM") is { Length: > 0 } && Console.IsErrorRedirected;
        return (toJournal && !settings.JsonLogs
            ? logs.WriteTo.Console(new JournalFormatter(), standardErrorFromLevel: LogEventLevel.Verbose)
            : settings.JsonLogs
            ? logs.WriteTo.Console(new CompactJsonFormatter(), standardErrorFromLevel: LogEventLevel.Verbose)
            : logs.WriteTo.Console(outputTemplate: Template, formatProvider: null, standardErrorFromLevel: LogEventLevel.Verbose)).CreateLogger();
    }
}
