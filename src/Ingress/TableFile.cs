using Google.Protobuf;
using Microsoft.Extensions.Logging;
using Orchestrator.Contracts;

namespace Orchestrator.Ingress;

/// <summary>The last table on disk, so that an ingress that starts while no server answers has something to go by. It holds keys: nobody else may read it.</summary>
sealed partial class TableFile(IngressOptions options, ILogger<TableFile> log)
{
    const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    public RouteTable? Read()
    {
        if (options.TableFile is not { } path || !File.Exists(path)) return null;
        try
        {
            return RouteTable.Parser.ParseFrom(File.ReadAllBytes(path));
        }
        catch (Exception bad) when (bad is IOException or InvalidProtocolBufferException)
        {
            Trouble(path, bad.Message);
            return null;
        }
    }

    public void Keep(RouteTable table)
    {
        if (options.TableFile is not { } path) return;
        try
        {
            var fresh = path + ".new";
            File.Delete(fresh);
            using (FileStream file = new(fresh, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = OwnerOnly })) table.WriteTo(file);
            File.Move(fresh, path, overwrite: true);
        }
        catch (IOException full)
        {
            Trouble(path, full.Message);
        }
    }

    [LoggerMessage(3012, LogLevel.Warning, "{Path}, the last table of routes, is of no use: {Problem}")]
    partial void Trouble(string path, string problem);
}
