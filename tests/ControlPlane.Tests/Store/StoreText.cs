using System.Text;
using Orchestrator.ControlPlane.Store;
using Orchestrator.Model;
using Orchestrator.Model.Meta;
using Orchestrator.Model.State;
using Record = Orchestrator.Model.Meta.Record;

namespace Orchestrator.ControlPlane.Tests.Store;

/// <summary>What a store of records shows, each in one line of text. Names and data have none of the signs that part them.</summary>
static class StoreText
{
    /// <summary>Stands for an object that is not there.</summary>
    public const string None = "-";

    /// <summary>REVISION NAME=DATA@REVISION,...</summary>
    public static string Of(ClusterState state) =>
        $"{state.Revision} {string.Join(',', state.All<Record>(Record.KindName).Select(record => $"{record.Name}={record.Data}@{record.Metadata.ResourceVersion}"))}";

    /// <summary>REVISION AUTHOR NAME:BEFORE:AFTER,...</summary>
    public static string Of(RevisionChanges revision) =>
        $"{revision.Revision} {revision.Author} {string.Join(',', revision.Changes.Select(change => $"{change.Key.Name}:{Data(change.Before)}:{Data(change.After)}"))}";

    /// <summary>As JSON.</summary>
    public static string Of(ApplyResult result) => Encoding.UTF8.GetString(ModelJson.Encode(result));

    static string Data(Resource? resource) => resource is Record record ? record.Data : None;
}
