using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Orchestrator.Contracts.Security;

/// <summary>
/// A machine's credential, kept in a directory that only its owner reads: <c>node.pem</c> has the certificate and its key, <c>ca.pem</c> the roots. A renewal
/// replaces it for new connections; those that stand go on.
/// </summary>
public sealed class CredentialFiles
{
    const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    readonly string _directory;
    volatile Credential? _current;

    public CredentialFiles(string directory)
    {
        _directory = directory;
        Directory.CreateDirectory(directory, OwnerOnly | UnixFileMode.UserExecute);
        if (File.Exists(NodePath)) _current = Read();
    }

    /// <summary>Null before this machine has joined a cluster.</summary>
    public Credential? Known => _current;

    /// <summary>The credential of a machine that has joined.</summary>
    public Credential Current => _current ?? throw new InvalidOperationException($"there is no credential in {_directory}");

    string NodePath => Path.Combine(_directory, "node.pem");

    string RootsPath => Path.Combine(_directory, "ca.pem");

    /// <summary>A new key of the kind that all certificates here have.</summary>
    public static ECDsa NewKey() => ECDsa.Create(ECCurve.NamedCurves.nistP256);

    /// <summary>What asks for a certificate for a key, as PKCS#10 in DER; whoever signs says who it is for.</summary>
    public static byte[] RequestFor(ECDsa key) => new CertificateRequest("CN=joining", key, HashAlgorithmName.SHA256).CreateSigningRequest();

    /// <summary>Keeps a new credential: roots first, so that a crash in between leaves one that works.</summary>
    public void Replace(string certificatePem, ECDsa key, string rootsPem)
    {
        ArgumentNullException.ThrowIfNull(key);
        var keyPem = key.ExportPkcs8PrivateKeyPem();
        var fresh = Credential.FromPem(certificatePem, keyPem, rootsPem); // before anything is written
        Write(RootsPath, rootsPem);
        Write(NodePath, $"{certificatePem.TrimEnd()}\n{keyPem}\n");
        _current = fresh;
    }

    /// <summary>Trusts other roots from now on, with the certificate as it is.</summary>
    public void Trust(string rootsPem)
    {
        var text = File.ReadAllText(NodePath);
        var fresh = Credential.FromPem(text, text, rootsPem);
        Write(RootsPath, rootsPem);
        _current = fresh;
    }

    /// <summary>A secret file beside them, null when there is none.</summary>
    public string? ReadSecret(string name) => File.Exists(Path.Combine(_directory, name)) ? File.ReadAllText(Path.Combine(_directory, name)) : null;

    public void WriteSecret(string name, string text) => Write(Path.Combine(_directory, name), text);

    public void ForgetSecret(string name) => File.Delete(Path.Combine(_directory, name));

    /// <summary>Has a client's connections use whatever credential is current when each is made.</summary>
    public void Secure(SocketsHttpHandler handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        handler.SslOptions = new SslClientAuthenticationOptions
        {
            EnabledSslProtocols = SslProtocols.Tls13,
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
            AllowTlsResume = false,
            LocalCertificateSelectionCallback = (_, _, _, _, _) => Current.Certificate,
            RemoteCertificateValidationCallback = (_, shown, _, _) => Current.IsServer(shown as X509Certificate2),
        };
    }

    Credential Read()
    {
        var text = File.ReadAllText(NodePath);
        try
        {
            return Credential.FromPem(text, text, File.ReadAllText(RootsPath));
        }
        catch (CryptographicException damage)
        {
            throw new IOException($"the credential in {_directory} can't be used: {damage.Message}");
        }
    }

    static void Write(string path, string text)
    {
        var fresh = path + ".new";
        File.Delete(fresh);
        using (var file = new FileStream(fresh, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = OwnerOnly }))
        {
            file.Write(System.Text.Encoding.UTF8.GetBytes(text));
            file.Flush(flushToDisk: true);
        }

        File.Move(fresh, path, overwrite: true);
    }
}
