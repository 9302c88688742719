using System.Buffers.Binary;
using Orchestrator.Model;
using Orchestrator.Model.Meta;
using Orchestrator.Model.State;

namespace Orchestrator.ControlPlane.Store;

/// <summary>
/// The bytes of a log entry: commands that arrived together. A format number, then each command's length and JSON.
/// </summary>
static class Batch
{
    /// <summary>More in one entry gain nothing: the flush is shared by hundreds already.</summary>
    public const int MaxCommands = 256;

    /// <summary>An entry of this size is on its way to the others in a few milliseconds.</summary>
    public const int MaxBytes = 512 * 1024;

    /// <summary>One object with its status; what Kubernetes allows for a request.</summary>
    public const int MaxObjectBytes = 1536 * 1024;

    /// <summary>A transaction: it is in one entry, which goes over the wire and to the disk in one piece.</summary>
    public const int MaxCommandBytes = 10 << 20;

    const byte Format = 1;

    /// <exception cref="CommandTooLargeException">The command is larger than <see cref="MaxCommandBytes"/>, or an object in it than <see cref="MaxObjectBytes"/>.</exception>
    public static byte[] Encode(Command command)
    {
        var bytes = ModelJson.Encode(command);
        if (bytes.Length <= MaxObjectBytes) return bytes;
        foreach (var resource in command.Operations.Select(ResourceOf).OfType<Resource>())
        {
            var size = ModelJson.Encode(resource).Length;
            if (size > MaxObjectBytes) throw new CommandTooLargeException(resource.Key.ToString(), size, MaxObjectBytes);
        }

        return bytes.Length <= MaxCommandBytes ? bytes : throw new CommandTooLargeException("The transaction", bytes.Length, MaxCommandBytes);
    }

    /// <exception cref="CommandTooLargeException">As for <see cref="Encode"/>.</exception>
    public static Proposal Propose(Command command) => new(command, Encode(command));

    public static byte[] Join(IReadOnlyCollection<byte[]> commands)
    {
        var entry = new byte[1 + commands.Sum(command => 4 + command.Length)];
        entry[0] = Format;
        var at = 1;
        foreach (var command in commands)
        {
            BinaryPrimitives.WriteInt32LittleEndian(entry.AsSpan(at), command.Length);
            command.CopyTo(entry, at + 4);
            at += 4 + command.Length;
        }

        return entry;
    }

    static Resource? ResourceOf(Operation operation) => operation switch
    {
        Create create => create.Resource,
        Update update => update.Resource,
        UpdateStatus update => update.Resource,
        _ => null,
    };

    /// <exception cref="NotSupportedException">A newer version wrote the entry; this server must be upgraded to go on.</exception>
    public static List<Command> Split(ReadOnlySpan<byte> entry)
    {
        if (entry[0] != Format)
        {
            throw new NotSupportedException($"the entry has format {entry[0]}, and this version reads format {Format} only");
        }

        var commands = new List<Command>();
        for (entry = entry[1..]; !entry.IsEmpty;)
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(entry);
            commands.Add(ModelJson.Decode<Command>(entry.Slice(4, length)));
            entry = entry[(4 + length)..];
        }

        return commands;
    }
}

/// <summary>A command with its bytes.</summary>
sealed record Proposal(Command Command, byte[] Bytes);

/// <summary>What an entry's commands came to, in their order.</summary>
/// <param name="Index">The entry's index in the log.</param>
sealed record BatchResult(long Index, ApplyResult[] Results);
