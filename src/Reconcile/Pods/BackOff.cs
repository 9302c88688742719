namespace Orchestrator.Reconcile.Pods;

/// <summary>
/// How long to wait before something is tried again. The numbers are those of Kubernetes' kubelet.
/// </summary>
public static class BackOff
{
    /// <summary>A container that ran this long is no longer counted as crashing.</summary>
    public static readonly TimeSpan ForgetAfter = TimeSpan.FromMinutes(10);

    /// <summary>How often a kill is repeated until the container is seen to have ended.</summary>
    public static readonly TimeSpan KillAgain = TimeSpan.FromSeconds(5);

    /// <summary>How long a failed pull shows as ErrImagePull before it shows as ImagePullBackOff.</summary>
    public static readonly TimeSpan ShowPullError = TimeSpan.FromSeconds(2);

    static readonly TimeSpan First = TimeSpan.FromSeconds(10);
    static readonly TimeSpan Longest = TimeSpan.FromSeconds(300);
    // Setting a pod up fails for reasons of this node, such as a network that is not told yet: they pass quickly.
    static readonly TimeSpan FirstSetUp = TimeSpan.FromSeconds(1);
    static readonly TimeSpan LongestSetUp = TimeSpan.FromSeconds(30);

    /// <summary>Before a container is started again: at once after the first ending, then 10 s doubling to 300 s.</summary>
    public static TimeSpan BeforeRestart(int crashes) => crashes <= 1 ? TimeSpan.Zero : Doubling(First, Longest, crashes - 2);

    /// <summary>Before a pull is tried again, and before a container that could not be made is.</summary>
    public static TimeSpan BeforePull(int failures) => Doubling(First, Longest, failures - 1);

    /// <summary>Before setting up or taking down is tried again.</summary>
    public static TimeSpan BeforeSetUp(int failures) => Doubling(FirstSetUp, LongestSetUp, failures - 1);

    static TimeSpan Doubling(TimeSpan first, TimeSpan longest, int doublings)
    {
        // 2^20 times anything here is beyond every longest wait.
        var factor = Math.Pow(2, Math.Clamp(doublings, 0, 20));
        return first * factor < longest ? first * factor : longest;
    }
}
