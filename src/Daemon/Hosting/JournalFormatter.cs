using Serilog.Events;
using Serilog.Formatting;
using Serilog.Formatting.Display;

namespace Orchestrator.Daemon.Hosting;

/// <summary>Lines for the journal, which has the time and the program itself: each begins with its priority, those of a stack trace too. Source: sd-daemon(3).</summary>
sealed class JournalFormatter : ITextFormatter
{
    static readonly MessageTemplateTextFormatter Message = new("{Message:lj}", System.Globalization.CultureInfo.InvariantCulture);

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
        using StringWriter text = new();
        Message.Format(logEvent, text);
        if (logEvent.Exception is { } exception) text.Write("\n" + exception);
        foreach (var line in text.ToString().Split('\n'))
            output.WriteLine($"<{priority}>{line}");
    }
}
