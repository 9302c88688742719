using System.Net;
using System.Net.Sockets;
using ARSoft.Tools.Net.Dns;
using Microsoft.Extensions.Logging;

namespace Orchestrator.NodeAgent.Networking.Names;

/// <summary>
/// Answers the node's pods: the cluster's names from what the node knows itself, with or without a server, and all others by asking the machine's own name servers.
/// It listens at the node's address on the pods' bridge, over UDP and TCP.
/// </summary>
/// <param name="services">What the node knows of services now; null while it has never been told.</param>
sealed partial class NameServer(NetworkNamespace home, Func<NetworkObjects?> services, Upstream upstream, TimeProvider time, ILogger log)
{
    const int Port = 53;

    /// <summary>For one TCP connection that says nothing, in milliseconds.</summary>
    const int IdleTimeout = 10_000;

    static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    volatile Known? _known;

    /// <summary>Answers for ever. A port that is taken is tried again.</summary>
    /// <param name="range">The pods of this node: the first address is the node's.</param>
    public async Task RunAsync(AddressRange range, AddressRange allPods, CancellationToken cancel)
    {
        IPEndPoint own = new(range.At(1), Port);
        var told = false;
        while (!cancel.IsCancellationRequested)
        {
            try
            {
                using var server = home.Run(() => new DnsServer(new UdpServerTransport(own, IdleTimeout), new TcpServerTransport(own, IdleTimeout, IdleTimeout)));
                server.QueryReceived += async (_, asked) => asked.Response = await AnswerAsync(asked.Query, own.Address, allPods);
                server.ExceptionThrown += (_, thrown) =>
                {
                    LogQuestion(log, thrown.Exception.Message);
                    return Task.CompletedTask;
                };
                home.Run(server.Start);
                LogListening(log, own);
                await Task.Delay(Timeout.InfiniteTimeSpan, time, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                server.Stop();
            }
            catch (SocketException e)
            {
                if (!told) LogTaken(log, own, e.Message);
                told = true;
                await Task.Delay(Pause, time, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    async Task<DnsMessageBase?> AnswerAsync(DnsMessageBase asked, IPAddress own, AddressRange allPods)
    {
        if (asked is not DnsMessage query) return null;
        var response = query.CreateResponseInstance();
        response.IsRecursionAllowed = true;
        if (query.Questions is not [{ RecordClass: RecordClass.INet } question])
        {
            response.ReturnCode = query.Questions.Count == 1 ? ReturnCode.Refused : ReturnCode.FormatError;
            return response;
        }

        if (Names(allPods) is not { } names)
        {
            response.ReturnCode = ReturnCode.ServerFailure; // asked before the first word of a server; the resolver asks again
            return response;
        }

        if (names.Answer(question.Name, question.RecordType) is { } ours) await TellAsync(response, question, ours, names, own);
        else Pass(response, await upstream.AskAsync(question, own));
        return response;
    }

    async Task TellAsync(DnsMessage response, DnsQuestion question, NameAnswer answer, ClusterNames names, IPAddress own)
    {
        response.IsAuthoritiveAnswer = true;
        response.ReturnCode = answer.Code;
        // Who takes the first address should not always take the same one.
        var records = answer.Records.ToArray();
        Random.Shared.Shuffle(records);
        response.AnswerRecords.AddRange(records);
        response.AdditionalRecords.AddRange(answer.Additional);
        if (records.Length == 0) response.AuthorityRecords.Add(ClusterNames.Authority);
        if (records is not [CNameRecord other] || question.RecordType is RecordType.CName or RecordType.Any) return;
        DnsQuestion next = new(other.CanonicalName, question.RecordType, RecordClass.INet);
        if (names.Answer(next.Name, next.RecordType) is { } inside) response.AnswerRecords.AddRange(inside.Records);
        else if (await upstream.AskAsync(next, own) is { ReturnCode: ReturnCode.NoError } outside) response.AnswerRecords.AddRange(outside.AnswerRecords);
    }

    static void Pass(DnsMessage response, DnsMessage? answer)
    {
        response.ReturnCode = answer?.ReturnCode ?? ReturnCode.ServerFailure;
        if (answer is null) return;
        response.AnswerRecords.AddRange(answer.AnswerRecords);
        response.AuthorityRecords.AddRange(answer.AuthorityRecords);
        response.AdditionalRecords.AddRange(answer.AdditionalRecords.Where(record => record is not OptRecord));
    }

    ClusterNames? Names(AddressRange allPods)
    {
        if (services() is not { } now) return null;
        if (_known is { } known && ReferenceEquals(known.Services, now)) return known.Names;
        var fresh = new Known(now, new ClusterNames(now, allPods));
        _known = fresh;
        return fresh.Names;
    }

    sealed record Known(NetworkObjects Services, ClusterNames Names);

    [LoggerMessage(170, LogLevel.Information, "answers names on {Address}")]
    private static partial void LogListening(ILogger log, IPEndPoint address);

    [LoggerMessage(171, LogLevel.Error, "pods get no answers to names, because {Address} can't be listened on, which is tried again: {Problem}. Another name server that listens on all addresses has to leave this one out")]
    private static partial void LogTaken(ILogger log, IPEndPoint address, string problem);

    [LoggerMessage(172, LogLevel.Debug, "a question for a name ended badly: {Problem}")]
    private static partial void LogQuestion(ILogger log, string problem);
}
