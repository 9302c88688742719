using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Orleans.Configuration;

namespace Orchestrator.ControlPlane.Security;

/// <summary>Puts TLS between the silos: Orleans' own package for that is not needed for one stream around another.</summary>
static class SiloTls
{
    /// <summary>A handshake beyond this is of nobody who belongs here.</summary>
    static readonly TimeSpan HandshakeTimeout = TimeSpan.FromSeconds(5);

    public static void Secure(this SiloConnectionOptions connections, ServerTls tls)
    {
        connections.ConfigureSiloInboundConnection(builder => builder.Use(next => context => CarryAsync(context, tls.AcceptAsync, next)));
        connections.ConfigureSiloOutboundConnection(builder => builder.Use(next => context => CarryAsync(context, tls.ConnectAsync, next)));
        connections.ConfigureGatewayInboundConnection(builder => builder.Use(_ => static context =>
        {
            context.Abort(); // grains are called from inside the servers only
            return Task.CompletedTask;
        }));
    }

    static async Task CarryAsync(ConnectionContext context, Func<Stream, CancellationToken, Task<Stream>> secure, ConnectionDelegate next)
    {
        var plain = context.Transport;
        using var time = CancellationTokenSource.CreateLinkedTokenSource(context.ConnectionClosed);
        time.CancelAfter(HandshakeTimeout);
        Stream secured;
        try
        {
            secured = await secure(new TwoWayStream(plain), time.Token);
        }
        catch (Exception refused) when (refused is IOException or OperationCanceledException or System.Security.Authentication.AuthenticationException)
        {
            context.Abort(new ConnectionAbortedException("no server of this cluster", refused));
            return;
        }

        await using (secured)
        {
            context.Transport = new SecuredPipe(secured);
            try
            {
                await next(context);
            }
            finally
            {
                await context.Transport.Input.CompleteAsync();
                await context.Transport.Output.CompleteAsync();
                context.Transport = plain;
            }
        }
    }

    sealed class SecuredPipe(Stream stream) : IDuplexPipe
    {
        public PipeReader Input { get; } = PipeReader.Create(stream, new StreamPipeReaderOptions(leaveOpen: true));

        public PipeWriter Output { get; } = PipeWriter.Create(stream, new StreamPipeWriterOptions(leaveOpen: true));
    }

    /// <summary>Both directions of a pipe as one stream.</summary>
    sealed class TwoWayStream(IDuplexPipe pipe) : Stream
    {
        readonly Stream _input = pipe.Input.AsStream(leaveOpen: true);
        readonly Stream _output = pipe.Output.AsStream(leaveOpen: true);

        public override bool CanRead => true;
        public override bool CanSeek => false;
        public override bool CanWrite => true;
        public override long Length => throw new NotSupportedException();
        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => _input.ReadAsync(buffer, cancellationToken);
        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => _output.WriteAsync(buffer, cancellationToken);
        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => _input.ReadAsync(buffer, offset, count, cancellationToken);
        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => _output.WriteAsync(buffer, offset, count, cancellationToken);
        public override Task FlushAsync(CancellationToken cancellationToken) => _output.FlushAsync(cancellationToken);
        public override void Flush() => _output.Flush();
        public override int Read(byte[] buffer, int offset, int count) => _input.Read(buffer, offset, count);
        public override void Write(byte[] buffer, int offset, int count) => _output.Write(buffer, offset, count);
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
