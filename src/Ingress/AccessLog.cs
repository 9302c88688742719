using Microsoft.AspNetCore.HttpLogging;
using Microsoft.Extensions.DependencyInjection;

namespace Orchestrator.Ingress;

/// <summary>
/// A line for each request, in W3C's extended log format, which the usual tools read: when, from whom, for what, how it was answered and in how many milliseconds. Cookies and authorization
/// are not in it. Files are changed when they are large, and the oldest go.
/// </summary>
static class AccessLog
{
    const int FileBytes = 64 << 20, Files = 8;

    const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    public static void Add(IServiceCollection services, string directory)
    {
        Directory.CreateDirectory(directory, Private);
        services.AddW3CLogging(log =>
        {
            (log.LogDirectory, log.FileName, log.FileSizeLimit, log.RetainedFileCountLimit) = (directory, "access", FileBytes, Files);
            log.FlushInterval = TimeSpan.FromSeconds(1);
            log.LoggingFields = W3CLoggingFields.Date | W3CLoggingFields.Time | W3CLoggingFields.ClientIpAddress | W3CLoggingFields.Method | W3CLoggingFields.Host | W3CLoggingFields.UriStem | W3CLoggingFields.UriQuery
                | W3CLoggingFields.ProtocolVersion | W3CLoggingFields.ProtocolStatus | W3CLoggingFields.TimeTaken | W3CLoggingFields.UserAgent | W3CLoggingFields.Referer;
        });
    }
}
