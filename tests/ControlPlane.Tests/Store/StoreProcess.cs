using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Threading.Channels;
using Orchestrator.Testing;

namespace Orchestrator.ControlPlane.Tests.Store;

/// <summary>
/// A store in a process of its own, to be paused and killed. Restarted on the same data directory it is the same member.
/// </summary>
sealed class StoreProcess : IAsyncDisposable
{
    const int SignalKill = 9;
    const int SignalContinue = 18;
    const int SignalStop = 19;

    public const string FailpointVariable = "STORE_FAILPOINT";

    const string FakeTime = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";

    static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(30);
    static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(90); // seven members start slowly on a busy machine

    readonly string[] _arguments;
    readonly Lock _writing = new();
    readonly ConcurrentDictionary<string, Channel<string>> _answers = new();

    readonly StringBuilder _errors = new();

    Process? _process;
    Task _reading = Task.CompletedTask;
    int _last;

    public StoreProcess(params string[] arguments) => _arguments = arguments;

    /// <summary>The command that the next start is run by, as one that enters a network namespace; empty for none.</summary>
    public IReadOnlyList<string> Inside { get; set; } = [];

    /// <summary>How far its clock is off after the next start, as faketime(1) has it; null for the machine's own. Times that are measured, not told, stay right.</summary>
    public string? Clock { get; set; }

    /// <summary>What the next start is told of a place in the store, see <see cref="ArmedFailpoint"/>; null for nothing.</summary>
    public string? Failpoint { get; set; }

    /// <summary>What it wrote to standard error.</summary>
    public string Errors
    {
        get
        {
            lock (_errors) return _errors.ToString();
        }
    }

    public bool Runs => _process is not null;

    public async Task StartAsync()
    {
        var ready = _answers.GetOrAdd("0", _ => Channel.CreateUnbounded<string>());
        string[] command = [.. Inside, "dotnet", typeof(StoreProcess).Assembly.Location, "store-member", .. _arguments];
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["DOTNET_TieredPGO"] = "0"; // starts are many and short
        if (Failpoint is { } failpoint) start.Environment[FailpointVariable] = failpoint;
        if (Clock is { } offset)
        {
            // Not by the program faketime: it stays as the parent, and would be killed in place of the member.
            start.Environment["LD_PRELOAD"] = FakeTime;
            start.Environment["FAKETIME"] = offset;
            start.Environment["FAKETIME_DONT_FAKE_MONOTONIC"] = "1";
        }

        _process = Process.Start(start)!;
        _reading = Task.WhenAll(ReadAsync(_process), ReadErrorsAsync(_process));
        try
        {
            await ready.Reader.ReadAsync().AsTask().WaitAsync(StartTimeout);
        }
        catch (Exception cause) when (cause is ChannelClosedException or TimeoutException)
        {
            throw new IOException($"the member did not start; it said: {Errors}", cause);
        }
    }

    /// <summary>Sends one command and returns its answer. "gone" when the process ended first.</summary>
    public async Task<string> AskAsync(string verb, string argument = "")
    {
        var answers = Send(verb, argument);
        try
        {
            return await answers.ReadAsync().AsTask().WaitAsync(AnswerTimeout);
        }
        catch (ChannelClosedException)
        {
            return "gone";
        }
    }

    /// <summary>Has a running server added. On a busy machine it may not have caught up in time: then the operator is told to try again.</summary>
    public Task AddAsync(int port) => Eventually.HoldsAsync(
        async () => await AskAsync("add", port.ToString(CultureInfo.InvariantCulture)) == "ok", $"the server of port {port} to be added", () => Errors);

    /// <summary>Sends one command that has many answers. They end when the process does.</summary>
    public ChannelReader<string> Send(string verb, string argument = "")
    {
        var number = Interlocked.Increment(ref _last).ToString(CultureInfo.InvariantCulture);
        var answers = _answers.GetOrAdd(number, _ => Channel.CreateUnbounded<string>());
        try
        {
            var process = _process ?? throw new IOException("not running");
            var line = $"{number} {verb} {argument}\n";
            lock (_writing)
            {
                process.StandardInput.Write(line);
                process.StandardInput.Flush();
            }
        }
        catch (Exception error) when (error is IOException or InvalidOperationException)
        {
            answers.Writer.TryComplete();
        }

        return answers.Reader;
    }

    public void Pause() => Signal(SignalStop);

    public void Continue() => Signal(SignalContinue);

    /// <summary>Kills the process without a chance to say goodbye.</summary>
    public async Task KillAsync()
    {
        if (_process is not { } process) return;
        Signal(SignalKill);
        await process.WaitForExitAsync();
        await _reading;
        process.Dispose();
        _process = null;
    }

    /// <summary>Sends the deadly signal only; <see cref="KillAsync"/> then waits.</summary>
    public void Strike() => Signal(SignalKill);

    public async ValueTask DisposeAsync() => await KillAsync();

    async Task ReadAsync(Process process)
    {
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            var space = line.IndexOf(' ', StringComparison.Ordinal);
            if (_answers.TryGetValue(line[..space], out var answers)) answers.Writer.TryWrite(line[(space + 1)..]);
        }

        foreach (var number in _answers.Keys)
        {
            if (_answers.TryRemove(number, out var answers)) answers.Writer.TryComplete();
        }
    }

    async Task ReadErrorsAsync(Process process)
    {
        while (await process.StandardError.ReadLineAsync() is { } line)
        {
            lock (_errors) _errors.AppendLine(line);
        }
    }

    void Signal(int signal)
    {
        if (_process is { HasExited: false } process && Kill(process.Id, signal) != 0)
        {
            throw new IOException($"kill({process.Id}, {signal}): errno {Marshal.GetLastPInvokeError()}");
        }
    }

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    static extern int Kill(int process, int signal);
}
