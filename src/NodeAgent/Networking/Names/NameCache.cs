using ARSoft.Tools.Net.Dns;

namespace Orchestrator.NodeAgent.Networking.Names;

/// <summary>
/// What others have answered, for as long as they allow, and at the most half a minute: a name that was just made is not missing for long. Sources: RFC 1035 3.2.1,
/// RFC 2308 5 (there is none).
/// </summary>
sealed class NameCache(int most = 10_000)
{
    static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

    readonly Lock _lock = new();
    readonly Dictionary<(string Name, RecordType Type), (DnsMessage Answer, DateTimeOffset Since, DateTimeOffset Until)> _kept = [];

    /// <returns>The answer, with what is left of its life; null for none.</returns>
    public DnsMessage? Find(DnsQuestion question, DateTimeOffset now)
    {
        lock (_lock)
        {
            if (!_kept.TryGetValue(KeyOf(question), out var found)) return null;
            if (now < found.Until) return Aged(found.Answer, (int)(now - found.Since).TotalSeconds);
            _kept.Remove(KeyOf(question));
            return null;
        }
    }

    public void Keep(DnsQuestion question, DnsMessage answer, DateTimeOffset now)
    {
        if (LifeOf(answer) is not { } life || life <= TimeSpan.Zero || Aged(answer, 0) is null) return;
        lock (_lock)
        {
            if (_kept.Count >= most) Clear(now);
            _kept[KeyOf(question)] = (answer, now, now + (life < Longest ? life : Longest));
        }
    }

    static (string, RecordType) KeyOf(DnsQuestion question) => (question.Name.ToString().ToLowerInvariant(), question.RecordType);

    void Clear(DateTimeOffset now)
    {
        foreach (var (key, _) in _kept.Where(each => each.Value.Until <= now).ToList()) _kept.Remove(key);
        if (_kept.Count >= most) _kept.Clear();
    }

    // A failure is asked for again; so is what was cut off.
    static TimeSpan? LifeOf(DnsMessage answer)
    {
        if (answer.IsTruncated || answer.ReturnCode is not (ReturnCode.NoError or ReturnCode.NxDomain)) return null;
        if (answer.AnswerRecords.Count > 0) return TimeSpan.FromSeconds(answer.AnswerRecords.Min(record => record.TimeToLive));
        return answer.AuthorityRecords.OfType<SoaRecord>().FirstOrDefault() is { } none ? TimeSpan.FromSeconds(Math.Min(none.TimeToLive, none.NegativeCachingTTL)) : null;
    }

    /// <returns>Null when there is a record that can't be told with another life. Those of every day can.</returns>
    static DnsMessage? Aged(DnsMessage answer, int seconds)
    {
        DnsMessage aged = new() { ReturnCode = answer.ReturnCode };
        foreach (var record in answer.AnswerRecords)
        {
            if (Aged(record, seconds) is not { } younger) return null;
            aged.AnswerRecords.Add(younger);
        }

        aged.AuthorityRecords.AddRange(answer.AuthorityRecords.Select(record => Aged(record, seconds)).OfType<DnsRecordBase>());
        return aged;
    }

    static DnsRecordBase? Aged(DnsRecordBase record, int seconds)
    {
        var rest = Math.Max(0, record.TimeToLive - seconds);
        return record switch
        {
            ARecord a => new ARecord(a.Name, rest, a.Address),
            AaaaRecord a => new AaaaRecord(a.Name, rest, a.Address),
            CNameRecord c => new CNameRecord(c.Name, rest, c.CanonicalName),
            PtrRecord p => new PtrRecord(p.Name, rest, p.PointerDomainName),
            SrvRecord s => new SrvRecord(s.Name, rest, s.Priority, s.Weight, s.Port, s.Target),
            MxRecord m => new MxRecord(m.Name, rest, m.Preference, m.ExchangeDomainName),
            TxtRecord t => new TxtRecord(t.Name, rest, t.TextParts),
            SoaRecord s => new SoaRecord(s.Name, rest, s.MasterName, s.ResponsibleName, s.SerialNumber, s.RefreshInterval, s.RetryInterval, s.ExpireInterval, s.NegativeCachingTTL),
            _ => null,
        };
    }
}
