using Serilog.Events;
using Serilog.Formatting;

namespace Orchestrator.Daemon.Hosting;

/// <summary>Lines for the journal, which has the time and the program itself: each begins with its priority, those of a stack trace too. Source: sd-daemon(3).</summary>
sealed class JournalFormatter : ITextFormatter
{
    public void Format(LogEvent logEvent, TextWriter output)
    {
        var priority = logEvent.Level switch
        {
            LogEventLevel.Fatal => 2,
            LogEventLevel.Error => 3,
            LogEventLevel.Warning => 4,
            LogEventLevel.Information => 6,
            LogEventLevel.Debug or LogEventLevel.Verbose => 7,
        };
        var text = logEvent.RenderMessage(System.Globalization.CultureInfo.InvariantCulture) + (logEvent.Exception is { } exception ? "\n" + exception : "");
        foreach (var line in text.Split('\n'))
            output.WriteLine($"<{priority}>{line}");
    }
}
