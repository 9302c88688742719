using System.Globalization;
using System.Security.Cryptography.X509Certificates;

namespace Orchestrator.Contracts.Security;

/// <summary>What the bearer of a certificate may be for. The certificate says it, and every door asks.</summary>
public enum Purpose
{
    /// <summary>A server of the control plane: speaks Raft, node sessions and the API, and may run pods and an ingress beside.</summary>
    Server,

    /// <summary>A node's agent: hears and tells what belongs to its own node.</summary>
    Agent,

    /// <summary>An ingress on a machine of its own: hears the routes, and the certificates that they are served with.</summary>
    Ingress,

    /// <summary>A person or a program that uses the API.</summary>
    User,
}

/// <summary>Who a certificate of the cluster was made for: the subject <c>CN=name, OU=purpose, SERIALNUMBER=membership</c>.</summary>
/// <param name="Membership">
/// Greater each time that somebody joins under a name (ordinal comparison), and the same when a certificate is renewed: what was removed stays out when its
/// name is given again, and whoever knows an older membership knows that it is not up to date. Empty for users.
/// </param>
public sealed record Identity(Purpose Purpose, string Name, string Membership)
{
    const string SerialNumber = "2.5.4.5"; // RFC 4519, 2.31
    const string CommonName = "2.5.4.3"; // RFC 4519, 2.3
    const string Unit = "2.5.4.11"; // RFC 4519, 2.20

    /// <param name="after">The last one of the same name; null for the first.</param>
    public static string NewMembership(DateTimeOffset now, string? after)
    {
        var last = after is { Length: > 0 } && long.TryParse(after, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var known) ? known : 0;
        return long.Max(now.ToUnixTimeMilliseconds(), last + 1).ToString("x16", CultureInfo.InvariantCulture);
    }

    public static string WordOf(Purpose purpose) => purpose switch
    {
        Purpose.Server => "server",
        Purpose.Agent => "agent",
        Purpose.Ingress => "ingress",
        Purpose.User => "user",
    };

    /// <summary>The purpose that a word means; null for any other word.</summary>
    public static Purpose? PurposeOf(string? word) => Enum.GetValues<Purpose>().Select(each => (Purpose?)each).FirstOrDefault(each => WordOf(each!.Value) == word); // none is null before the default

    /// <summary>Reads the subject; null when it is not one of a cluster's.</summary>
    public static Identity? Of(X509Certificate2 certificate)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        var parts = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var part in certificate.SubjectName.EnumerateRelativeDistinguishedNames())
        {
            if (part.HasMultipleElements || part.GetSingleElementValue() is not { } value || !parts.TryAdd(part.GetSingleElementType().Value ?? "", value)) return null;
        }

        return PurposeOf(parts.GetValueOrDefault(Unit)) is { } purpose && parts.GetValueOrDefault(CommonName) is { Length: > 0 } name
            ? new Identity(purpose, name, parts.GetValueOrDefault(SerialNumber) ?? "")
            : null;
    }

    public X500DistinguishedName ToSubject()
    {
        var subject = new X500DistinguishedNameBuilder();
        subject.AddCommonName(Name);
        subject.AddOrganizationalUnitName(WordOf(Purpose));
        if (Membership.Length > 0) subject.Add(SerialNumber, Membership);
        return subject.Build();
    }

    public override string ToString() => $"{WordOf(Purpose)} {Name}";
}
