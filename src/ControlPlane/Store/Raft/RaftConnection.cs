using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;

namespace Orchestrator.ControlPlane.Store.Raft;

/// <summary>A connection of the Raft transport in the shape that the library takes.</summary>
sealed class RaftConnection : ConnectionContext, IDuplexPipe, IDisposable
{
    /// <summary>The library sends in blocks of what the pipe offers.</summary>
    const int BlockBytes = 64 * 1024;

    readonly Socket _socket;
    readonly Stream _stream;
    readonly CancellationTokenSource _closed = new();

    int _disposed;

    public RaftConnection(Socket socket, Stream stream)
    {
        (_socket, _stream) = (socket, stream);
        (LocalEndPoint, RemoteEndPoint) = (socket.LocalEndPoint, socket.RemoteEndPoint);
        Input = PipeReader.Create(stream, new StreamPipeReaderOptions(bufferSize: BlockBytes, minimumReadSize: BlockBytes / 4, leaveOpen: true));
        Output = PipeWriter.Create(stream, new StreamPipeWriterOptions(minimumBufferSize: BlockBytes, leaveOpen: true));
        Transport = this;
        ConnectionClosed = _closed.Token;
    }

    public PipeReader Input { get; }

    public PipeWriter Output { get; }

    public override IDuplexPipe Transport { get; set; }

    public override string ConnectionId { get; set; } = "";

    public override IFeatureCollection Features { get; } = new FeatureCollection();

    public override IDictionary<object, object?> Items { get; set; } = new Dictionary<object, object?>();

    public override EndPoint? LocalEndPoint { get; set; }

    public override EndPoint? RemoteEndPoint { get; set; }

    public override CancellationToken ConnectionClosed { get; set; }

    public override void Abort(ConnectionAbortedException abortReason) => Dispose();

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0) return;
        _stream.Dispose();
        _socket.Dispose();
        _closed.Cancel();
        _closed.Dispose();
    }

    public override ValueTask DisposeAsync()
    {
        Dispose();
        return base.DisposeAsync();
    }
}
