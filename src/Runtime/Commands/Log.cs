using System.Globalization;
using System.Text;
using System.Text.Json;
using Orchestrator.Runtime.Syscalls;

namespace Orchestrator.Runtime.Commands;

/// <summary>Where warnings and errors go: stderr, and the file of --log as text or JSON lines, as callers of runc read them.</summary>
sealed class Log(string? file, bool json, bool debug, int? errorDescriptor = null)
{
    const int StandardOutput = 1, StandardError = 2;
    const int FileMode = 0x1A4; // 0644

    public void Debug(string message)
    {
        if (debug) Append("debug", message);
    }

    public void Warn(string message) => Append("warning", message);

    public void Error(string message)
    {
        if (file is not null) Append("error", message);
        // The shim's children have the container's own stderr: their errors go back to the shim by a pipe.
        WriteTo(errorDescriptor ?? StandardError, (errorDescriptor is null ? "orun: " : "") + message + "\n");
    }

    public static void Print(string text) => WriteTo(StandardOutput, text);

    void Append(string level, string message)
    {
        var now = DateTime.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        var line = json
            ? $"{{\"level\":\"{level}\",\"msg\":\"{JsonEncodedText.Encode(message)}\",\"time\":\"{now}\"}}\n"
            : $"time=\"{now}\" level={level} msg=\"{JsonEncodedText.Encode(message)}\"\n";
        if (file is null)
        {
            if (errorDescriptor is null) WriteTo(StandardError, line);
            return;
        }

        using var fd = Kernel.Open(file, O.WRONLY | O.CREAT | O.APPEND, FileMode);
        Kernel.WriteAll(fd.Number, Encoding.UTF8.GetBytes(line), file);
    }

    static void WriteTo(int descriptor, string text) => Kernel.WriteAll(descriptor, Encoding.UTF8.GetBytes(text), "output");
}
