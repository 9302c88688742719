using System.Net;
using System.Text;
using Yarp.ReverseProxy.Forwarder;

namespace Orchestrator.Ingress.Pods;

/// <summary>The library's connections to pods: none is waited for long, and what a client sends goes on at once.</summary>
sealed class PodClients : ForwarderHttpClientFactory
{
    protected override void ConfigureHandler(ForwarderHttpClientContext context, SocketsHttpHandler handler)
    {
        base.ConfigureHandler(context, handler);
        handler.ConnectTimeout = PodPool.ConnectTimeout;
        handler.RequestHeaderEncodingSelector = static (_, _) => Encoding.Latin1; // every byte as it came
    }

    protected override HttpMessageHandler WrapHandler(ForwarderHttpClientContext context, HttpMessageHandler handler) => new AtOnce(handler);

    /// <summary>
    /// Sends every piece of a body that has no known length when it comes. The framework's client keeps pieces until some kilobytes are together,
    /// so that a client that sends a line now and then would not be heard before it ends.
    /// </summary>
    sealed class AtOnce(HttpMessageHandler inner) : DelegatingHandler(inner)
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (request.Content is { Headers.ContentLength: null } content) request.Content = new Flushed(content);
            return base.SendAsync(request, cancellationToken);
        }
    }

    sealed class Flushed : HttpContent
    {
        readonly HttpContent _body;

        public Flushed(HttpContent body)
        {
            _body = body;
            foreach (var (name, values) in body.Headers.NonValidated) Headers.TryAddWithoutValidation(name, values);
        }

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken) =>
            _body.CopyToAsync(new FlushingStream(stream), context, cancellationToken);

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }

    sealed class FlushingStream(Stream to) : Stream
    {
        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await to.WriteAsync(buffer, cancellationToken);
            await to.FlushAsync(cancellationToken);
        }

        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override Task FlushAsync(CancellationToken cancellationToken) => to.FlushAsync(cancellationToken);

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("bodies are copied asynchronously only");

        public override void Flush() => throw new NotSupportedException("bodies are copied asynchronously only");

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
