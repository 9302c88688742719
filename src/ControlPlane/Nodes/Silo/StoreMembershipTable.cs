using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Options;
using Orchestrator.ControlPlane.Store;
using Orchestrator.Model.Meta;
using Orchestrator.Model.State;
using Orleans.Configuration;

namespace Orchestrator.ControlPlane.Nodes.Silo;

/// <summary>
/// Orleans' list of silos, kept in the store as records: a row and the table's version change in one transaction, or not at all. The time a silo
/// was last alive has a record of its own, because it must not disturb the rows' versions.
/// </summary>
sealed class StoreMembershipTable(ClusterStore store, TimeProvider clock, IOptions<ClusterOptions> cluster, SiloLife life) : IMembershipTable
{
    const string Author = "silo";

    string Prefix => $"silo-{cluster.Value.ClusterId}";

    string VersionName => $"{Prefix}-version";

    public async Task InitializeMembershipTable(bool tryInitTableVersion)
    {
        if (tryInitTableVersion) await WriteAsync([new Create(ARecord(VersionName, "0"))]); // an earlier one stays
    }

    public Task DeleteMembershipTableEntries(string clusterId) => DeleteAsync(_ => true);

    public Task CleanupDefunctSiloEntries(DateTimeOffset beforeDate) =>
        DeleteAsync(row => row.Status == SiloStatus.Dead && row.IAmAliveTime < beforeDate.UtcDateTime);

    public async Task<MembershipTableData> ReadRow(SiloAddress key) => Table(await store.ReadAsync(life.Token), address => address.Equals(key));

    /// <summary>For a silo whose time is over what this server knows is enough: Orleans would ask a table that fails for a whole minute, and no new silo could take its place.</summary>
    public async Task<MembershipTableData> ReadAll() => Table(life.IsOver ? store.Current : await store.ReadAsync(life.Token), _ => true);

    public Task<bool> InsertRow(MembershipEntry entry, TableVersion tableVersion) =>
        WriteAsync([Version(tableVersion), new Create(ARecord(RowName(entry.SiloAddress), Encode(entry)))]);

    /// <summary>The last word of a silo whose time is over goes unheard: its peers see its silence, and the one that takes its place has another address.</summary>
    public async Task<bool> UpdateRow(MembershipEntry entry, string etag, TableVersion tableVersion) =>
        (life.IsOver && entry.Status == SiloStatus.Dead) || await WriteAsync([Version(tableVersion), new Update(ARecord(RowName(entry.SiloAddress), Encode(entry), etag))]);

    public async Task UpdateIAmAlive(MembershipEntry entry)
    {
        var name = AliveName(entry.SiloAddress);
        var record = ARecord(name, entry.IAmAliveTime.ToString("O", CultureInfo.InvariantCulture));
        var known = store.Current.Find<Record>(Record.KindName, "", name) is not null;
        await WriteAsync([known ? new Update(record) : new Create(record)]);
    }

    Update Version(TableVersion version) => new(ARecord(VersionName, version.Version.ToString(CultureInfo.InvariantCulture), version.VersionEtag));

    async Task<bool> WriteAsync(IReadOnlyList<Operation> operations) =>
        await store.WriteAsync(new Command(Guid.NewGuid().ToString("N"), clock.GetUtcNow(), Author) { Operations = operations }, life.Token) is Applied;

    async Task DeleteAsync(Func<MembershipEntry, bool> which)
    {
        var state = await store.ReadAsync(life.Token);
        var doomed = Rows(state).Select(row => Decode(row.Data)).Where(which).Select(row => row.SiloAddress);
        foreach (var address in doomed)
        {
            var names = new[] { RowName(address), AliveName(address) };
            var present = names.Select(name => new ResourceKey(Record.KindName, "", name)).Where(key => state.Find(key) is not null);
            await WriteAsync([.. present.Select(key => new Delete(key))]);
        }
    }

    MembershipTableData Table(ClusterState state, Func<SiloAddress, bool> wanted)
    {
        var version = state.Find<Record>(Record.KindName, "", VersionName);
        var rows = Rows(state).Select(row => Tuple.Create(Entry(state, row), row.Metadata.ResourceVersion ?? "")).Where(row => wanted(row.Item1.SiloAddress)).ToList();
        return new MembershipTableData(rows, new TableVersion(int.Parse(version?.Data ?? "0", CultureInfo.InvariantCulture), version?.Metadata.ResourceVersion ?? ""));
    }

    IEnumerable<Record> Rows(ClusterState state) =>
        state.All<Record>(Record.KindName).Where(record => record.Name.StartsWith($"{Prefix}-row-", StringComparison.Ordinal));

    MembershipEntry Entry(ClusterState state, Record row)
    {
        var entry = Decode(row.Data);
        if (state.Find<Record>(Record.KindName, "", AliveName(entry.SiloAddress)) is { } alive)
            entry.IAmAliveTime = DateTime.Parse(alive.Data, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind);
        return entry;
    }

    string RowName(SiloAddress silo) => $"{Prefix}-row-{silo.ToParsableString()}";

    string AliveName(SiloAddress silo) => $"{Prefix}-alive-{silo.ToParsableString()}";

    static Record ARecord(string name, string data, string? etag = null) =>
        new() { Metadata = new ObjectMeta { Name = name, ResourceVersion = etag }, Data = data };

    static string Encode(MembershipEntry entry) => JsonSerializer.Serialize(new Row(
        entry.SiloAddress.ToParsableString(), (int)entry.Status, entry.ProxyPort, entry.HostName, entry.SiloName, entry.RoleName,
        entry.UpdateZone, entry.FaultZone, entry.StartTime, entry.IAmAliveTime,
        [.. (entry.SuspectTimes ?? []).Select(suspect => new Suspicion(suspect.Item1.ToParsableString(), suspect.Item2))]), RowContext.Default.Row);

    static MembershipEntry Decode(string data)
    {
        var row = JsonSerializer.Deserialize(data, RowContext.Default.Row)!; // only Encode writes these records
        return new MembershipEntry
        {
            SiloAddress = SiloAddress.FromParsableString(row.Silo),
            Status = (SiloStatus)row.Status,
            ProxyPort = row.ProxyPort,
            HostName = row.HostName ?? "",
            SiloName = row.SiloName ?? "",
            RoleName = row.RoleName,
            UpdateZone = row.UpdateZone,
            FaultZone = row.FaultZone,
            StartTime = row.StartTime,
            IAmAliveTime = row.IAmAliveTime,
            SuspectTimes = [.. row.Suspicions.Select(each => Tuple.Create(SiloAddress.FromParsableString(each.By), each.Time))],
        };
    }

    internal sealed record Row(
        string Silo, int Status, int ProxyPort, string? HostName, string? SiloName, string? RoleName, int UpdateZone, int FaultZone,
        DateTime StartTime, DateTime IAmAliveTime, IReadOnlyList<Suspicion> Suspicions);

    internal sealed record Suspicion(string By, DateTime Time);
}

/// <param name="Token">Cancelled when the silo has had its time to say goodbye: without a majority of servers it would wait for ever.</param>
sealed record SiloLife(CancellationToken Token)
{
    public bool IsOver => Token.IsCancellationRequested;
}

[JsonSerializable(typeof(StoreMembershipTable.Row))]
sealed partial class RowContext : JsonSerializerContext;
