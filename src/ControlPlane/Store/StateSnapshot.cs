using System.Buffers;
using System.Buffers.Binary;
using System.Text.Json;
using Orchestrator.Model;
using Orchestrator.Model.Meta;
using Orchestrator.Model.State;

namespace Orchestrator.ControlPlane.Store;

/// <summary>
/// The state inside a snapshot: the number of the format, then frames (length, kind, JSON), so that neither writer nor
/// reader ever holds all of it. The head comes first, then the objects at the base, the revisions after it, the answers,
/// and the end.
/// </summary>
static class StateSnapshot
{
    /// <summary>The format that is written. Format 1 was one piece of JSON and began with a brace.</summary>
    const byte Format = 2;

    const byte FormatOne = (byte)'{';

    /// <summary>A frame is a revision at most, and a revision a command. Guards the reader against nonsense.</summary>
    const int MaxFrameBytes = 64 << 20;

    const int HeadBytes = 5;

    enum Frame : byte
    {
        Head = (byte)'H',
        Object = (byte)'O',
        Revision = (byte)'R',
        Answer = (byte)'A',
        End = (byte)'E',
    }

    public static void Write(Stream stream, ClusterState state, KeptHistory kept)
    {
        var frames = new FrameWriter(stream);
        stream.WriteByte(Format);
        frames.Write(Frame.Head, new SnapshotHead(kept.Base.Revision, kept.BaseTime, state.LeaderEpoch, state.Leader));
        foreach (var kind in kept.Base.Objects.Values)
        {
            foreach (var resource in kind.Values) frames.Write(Frame.Object, resource);
        }

        foreach (var revision in kept.Revisions)
        {
            var changes = revision.Changes.Select(change => new SnapshotChange(change.Key, change.After));
            frames.Write(Frame.Revision, new SnapshotRevision(revision.Revision, revision.Time, revision.Author, [.. changes]));
        }

        foreach (var answer in state.Answers.InOrder()) frames.Write(Frame.Answer, answer);
        frames.Write(Frame.End, new SnapshotHead(state.Revision, null, state.LeaderEpoch, state.Leader));
    }

    /// <exception cref="NotSupportedException">A newer version wrote it.</exception>
    /// <exception cref="InvalidDataException">It is not what <see cref="Write"/> writes.</exception>
    public static (ClusterState State, KeptHistory Kept) Read(Stream stream)
    {
        var format = stream.ReadByte();
        if (format == FormatOne) return ReadFormatOne(stream);
        if (format != Format) throw new NotSupportedException($"the snapshot has format {format}, and this version reads formats 1 to {Format}");

        var frames = new FrameReader(stream);
        if (frames.Next() != Frame.Head) throw new InvalidDataException("the snapshot does not begin with its head");
        var head = frames.Read<SnapshotHead>();
        var state = ClusterState.Of(Objects(frames)) with { Revision = head.Base };
        var kept = new KeptHistory(state, head.BaseTime, Revisions(frames, ref state));
        var answers = new List<Answer>();
        for (; frames.Present == Frame.Answer; frames.Next()) answers.Add(frames.Read<Answer>());
        if (frames.Present != Frame.End || frames.Read<SnapshotHead>().Base != state.Revision) throw new InvalidDataException("the snapshot does not end where it should");
        return (state with { LeaderEpoch = head.LeaderEpoch, Leader = head.Leader, Answers = Answers.From(answers) }, kept);
    }

    static IEnumerable<Resource> Objects(FrameReader frames)
    {
        while (frames.Next() == Frame.Object) yield return frames.Read<Resource>();
    }

    static List<RevisionChanges> Revisions(FrameReader frames, ref ClusterState state)
    {
        var revisions = new List<RevisionChanges>();
        for (; frames.Present == Frame.Revision; frames.Next())
        {
            var revision = frames.Read<SnapshotRevision>();
            var before = state;
            state = state.After(revision.Revision, revision.Changes.Select(change => (change.Key, change.After)));
            var changes = revision.Changes.Select(change => new Change(revision.Revision, change.Key, before.Find(change.Key), change.After, revision.Author));
            revisions.Add(new RevisionChanges(revision.Revision, revision.Time, revision.Author, [.. changes]));
        }

        return revisions;
    }

    static (ClusterState State, KeptHistory Kept) ReadFormatOne(Stream stream)
    {
        using var text = new MemoryStream();
        text.WriteByte(FormatOne);
        stream.CopyTo(text);
        var state = ModelJson.Decode<Snapshot>(text.GetBuffer().AsSpan(0, (int)text.Length)).ToState();
        return (state, new KeptHistory(state with { Answers = Answers.None }, null, []));
    }

    sealed class FrameWriter(Stream stream)
    {
        readonly ArrayBufferWriter<byte> _buffer = new(64 * 1024);

        public void Write<T>(Frame kind, T content)
        {
            _buffer.ResetWrittenCount();
            using (var json = new Utf8JsonWriter(_buffer)) JsonSerializer.Serialize(json, content, ModelJson.SchemaOf<T>());
            Span<byte> head = stackalloc byte[HeadBytes];
            BinaryPrimitives.WriteInt32LittleEndian(head, _buffer.WrittenCount);
            head[4] = (byte)kind;
            stream.Write(head);
            stream.Write(_buffer.WrittenSpan);
        }
    }

    sealed class FrameReader(Stream stream)
    {
        byte[] _buffer = new byte[64 * 1024];
        int _length;

        public Frame Present { get; private set; }

        public Frame Next()
        {
            Span<byte> head = stackalloc byte[HeadBytes];
            stream.ReadExactly(head);
            _length = BinaryPrimitives.ReadInt32LittleEndian(head);
            if (_length is < 0 or > MaxFrameBytes) throw new InvalidDataException($"a frame of the snapshot claims {_length} bytes");
            if (_length > _buffer.Length) _buffer = new byte[int.Max(_length, 2 * _buffer.Length)];
            stream.ReadExactly(_buffer, 0, _length);
            return Present = (Frame)head[4];
        }

        public T Read<T>() => ModelJson.Decode<T>(_buffer.AsSpan(0, _length));
    }
}
