using System.Security.Cryptography.X509Certificates;

namespace Orchestrator.Contracts.Security;

/// <summary>When a certificate is replaced by a new one: at about two thirds of its life, each at a moment of its own, so that they don't all come at once.</summary>
public static class Renewal
{
    /// <summary>The share of its life after which a certificate may be replaced.</summary>
    public const double Earliest = 0.6;

    /// <summary>The share after which it has been, unless no server could be asked.</summary>
    public const double Latest = 0.73;

    public const double Middle = 2.0 / 3;

    /// <param name="share">Of its life, between <see cref="Earliest"/> and <see cref="Latest"/>.</param>
    public static DateTimeOffset Due(X509Certificate2 certificate, double share)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        return new DateTimeOffset(certificate.NotBefore) + ((certificate.NotAfter - certificate.NotBefore) * share);
    }
}
