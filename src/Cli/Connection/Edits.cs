using Google.Protobuf;
using Grpc.Core;
using Orchestrator.Contracts;
using Orchestrator.Model;
using Orchestrator.Model.Meta;

namespace Orchestrator.Cli.Connection;

/// <summary>Changes of one object, made on what is stored at that moment: whoever else changes it at the same time is not overwritten.</summary>
static class Edits
{
    /// <summary>How often a change is made anew because somebody else changed the object in between.</summary>
    const int MaxTries = 8;

    /// <returns>The object before the change, and after; the same one when there was nothing to change.</returns>
    /// <param name="change">What it should be; it throws <see cref="CliException"/> when it must not be changed.</param>
    public static async Task<(T Before, T After)> EditAsync<T>(this ClusterConnection cluster, string kind, string @namespace, string name, Func<T, T> change, CancellationToken token)
        where T : Resource
    {
        var get = new GetRequest { Kind = kind, Namespace = Kinds.Find(kind)!.Namespaced ? @namespace : "", Name = name }; // callers name kinds that there are
        for (var attempt = 1; ; attempt++)
        {
            var before = (await cluster.AskAsync(client => client.GetAsync(get, cancellationToken: token).ResponseAsync)).ToResource<T>();
            var after = change(before);
            if (after.SameSpecAs(before) && ModelJson.Same(after.Metadata, before.Metadata)) return (before, before);
            var request = new TransactRequest { RequestId = Guid.NewGuid().ToString("N") };
            request.Compare.Add(new Comparison { Kind = get.Kind, Namespace = get.Namespace, Name = name, Revision = before.Metadata.Revision() });
            request.Operations.Add(new TransactOperation { Put = ByteString.CopyFrom(ModelJson.Encode(after.WithoutStatus())) });
            try
            {
                await cluster.AskAsync(client => client.TransactAsync(request, cancellationToken: token).ResponseAsync);
                return (before, after);
            }
            catch (RpcException raced) when (raced.StatusCode == StatusCode.Aborted && attempt < MaxTries)
            {
                // Somebody was faster: the change is made to what they left.
            }
        }
    }
}
