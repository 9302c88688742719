using ARSoft.Tools.Net.Dns;

namespace Orchestrator.NodeAgent.Networking.Names;

/// <summary>What there is to say to a question.</summary>
/// <param name="Records">The answer itself; none with <see cref="ReturnCode.NoError"/> when the name has nothing of the type.</param>
/// <param name="Additional">What will be asked for next.</param>
sealed record NameAnswer(ReturnCode Code, IReadOnlyList<DnsRecordBase> Records, IReadOnlyList<DnsRecordBase> Additional)
{
    /// <summary>There is no such name, and none below it.</summary>
    public static NameAnswer NoSuchName { get; } = new(ReturnCode.NxDomain, [], []);

    /// <summary>There is the name, but nothing of the type.</summary>
    public static NameAnswer Nothing { get; } = Of();

    public static NameAnswer Of(params IReadOnlyList<DnsRecordBase> records) => new(ReturnCode.NoError, records, []);
}
