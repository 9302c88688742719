using System.Security.Cryptography;
using Google.Protobuf;
using Grpc.Core;
using Orchestrator.Contracts;
using Orchestrator.ControlPlane.Api;

namespace Orchestrator.ControlPlane.Servers;

/// <summary>Backup: the state with every write acknowledged before the request, as one file.</summary>
sealed partial class MaintenanceService
{
    const int PartBytes = 256 * 1024;

    public override async Task Backup(BackupRequest request, IServerStreamWriter<BackupPart> responseStream, ServerCallContext context)
    {
        var token = context.CancellationToken;
        var backup = await RpcErrors.Translated(() => store.BackupAsync(token));
        await using var content = backup.Content;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[PartBytes];
        int read;
        while ((read = await content.ReadAsync(buffer, token)) > 0)
        {
            hash.AppendData(buffer, 0, read);
            await responseStream.WriteAsync(new BackupPart { Data = ByteString.CopyFrom(buffer, 0, read) }, token);
        }

        var summary = new BackupSummary { Revision = backup.Revision, Objects = backup.Objects, Sha256 = ByteString.CopyFrom(hash.GetHashAndReset()) };
        await responseStream.WriteAsync(new BackupPart { Summary = summary }, token);
    }
}
