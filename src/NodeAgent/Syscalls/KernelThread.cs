using System.Runtime.ExceptionServices;

namespace Orchestrator.NodeAgent.Syscalls;

/// <summary>
/// Runs a piece of work on a thread of its own that ends with it: the only place where a namespace or working
/// directory may be changed. The work must not start tasks or processes: threads born there would inherit the change.
/// </summary>
static class KernelThread
{
    public static T Run<T>(Func<T> work)
    {
        T result = default!; // Set unless the work failed, which throws below.
        ExceptionDispatchInfo? failure = null;
        Thread thread = new(() =>
        {
            try
            {
                result = work();
            }
            catch (Exception e)
            {
                failure = ExceptionDispatchInfo.Capture(e);
            }
        }) { IsBackground = true };
        thread.Start();
        thread.Join();
        failure?.Throw();
        return result;
    }

    public static void Run(Action work) => Run(() =>
    {
        work();
        return true;
    });
}
