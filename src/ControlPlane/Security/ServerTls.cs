using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Orchestrator.Contracts.Security;

namespace Orchestrator.ControlPlane.Security;

/// <summary>TLS between servers, for Raft and for node sessions: both sides are servers of this cluster, or the connection does not come to be.</summary>
public sealed class ServerTls(Gate gate, string door)
{
    /// <summary>Secures a connection that was accepted. The stream is disposed of when that fails.</summary>
    /// <exception cref="System.Security.Authentication.AuthenticationException">The other side is no server of this cluster, or was removed.</exception>
    public Task<Stream> AcceptAsync(Stream stream, CancellationToken token) =>
        SecureAsync(stream, (secured, judge) => secured.AuthenticateAsServerAsync(gate.Credentials.Current.ForAsked(judge), token));

    /// <summary>Secures a connection that was made.</summary>
    /// <exception cref="System.Security.Authentication.AuthenticationException">As above.</exception>
    public Task<Stream> ConnectAsync(Stream stream, CancellationToken token) =>
        SecureAsync(stream, (secured, judge) => secured.AuthenticateAsClientAsync(gate.Credentials.Current.ForAsking(judge), token));

    async Task<Stream> SecureAsync(Stream stream, Func<SslStream, Func<X509Certificate2?, bool>, Task> handshake)
    {
        var secured = new MemberStream(stream);
        try
        {
            Identity? other = null;
            await handshake(secured, shown => (other = gate.JudgeServer(shown, door)) is not null);
            secured.Entered = gate.Entered(other!, secured.Dispose); // a handshake that succeeds has judged
            return gate.IsRemoved(other!) ? throw new AuthenticationException($"{other} was removed meanwhile") : secured; // as above
        }
        catch
        {
            await secured.DisposeAsync();
            throw;
        }
    }

    sealed class MemberStream(Stream inner) : SslStream(inner)
    {
        public IDisposable? Entered { get; set; }

        protected override void Dispose(bool disposing)
        {
            if (disposing) Entered?.Dispose();
            base.Dispose(disposing);
        }

        public override ValueTask DisposeAsync()
        {
            Entered?.Dispose();
            return base.DisposeAsync();
        }
    }
}
