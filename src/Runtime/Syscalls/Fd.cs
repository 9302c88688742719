namespace Orchestrator.Runtime.Syscalls;

/// <summary>An open descriptor that is closed with its scope; all are close-on-exec.</summary>
sealed class Fd(int number) : IDisposable
{
    public int Number { get; private set; } = number;

    public bool IsOpen => Number >= 0;

    public void Dispose()
    {
        if (Number < 0) return;
        // Closing reports nothing that could still be acted on: what matters was written and checked before.
        Kernel.Try(out _, Call.close, Number);
        Number = -1;
    }
}
