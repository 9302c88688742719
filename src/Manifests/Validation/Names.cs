using System.Text.RegularExpressions;

namespace Orchestrator.Manifests.Validation;

/// <summary>What names may look like. Source: RFC 1123 as Kubernetes uses it, "Object Names and IDs" and "Labels and Selectors".</summary>
static partial class Names
{
    const int MaxLabel = 63;
    const int MaxSubdomain = 253;

    public static void Label(Findings findings, string path, string name) =>
        findings.Require(name.Length is > 0 and <= MaxLabel && LabelText().IsMatch(name), path,
            $"\"{name}\" must be 1 to {MaxLabel} lower-case letters, digits or -, and start and end with a letter or digit");

    public static void Subdomain(Findings findings, string path, string name) =>
        findings.Require(name.Length is > 0 and <= MaxSubdomain && SubdomainText().IsMatch(name), path,
            $"\"{name}\" must be 1 to {MaxSubdomain} lower-case letters, digits, - or ., and start and end with a letter or digit");

    public static void Port(Findings findings, string path, int port) =>
        findings.Require(port is >= 1 and <= 65535, path, $"{port} is no port; ports go from 1 to 65535");

    public static void PortName(Findings findings, string path, string name) =>
        findings.Require(name.Length is > 0 and <= 15 && LabelText().IsMatch(name) && name.Any(char.IsAsciiLetter), path,
            $"\"{name}\" must be 1 to 15 lower-case letters, digits or -, with at least one letter");

    public static void Labels(Findings findings, string path, IReadOnlyDictionary<string, string> labels)
    {
        foreach (var (name, value) in labels)
        {
            LabelName(findings, $"{path}.{name}", name);
            findings.Require(value.Length == 0 || (value.Length <= MaxLabel && ValueText().IsMatch(value)), $"{path}.{name}",
                $"\"{value}\" is no label value: at most {MaxLabel} letters, digits, -, _ and ., starting and ending with a letter or digit");
        }
    }

    public static void LabelName(Findings findings, string path, string name)
    {
        var slash = name.LastIndexOf('/');
        var prefix = slash < 0 ? null : name[..slash];
        var rest = name[(slash + 1)..];
        findings.Require(rest.Length is > 0 and <= MaxLabel && ValueText().IsMatch(rest) && (prefix is null || SubdomainText().IsMatch(prefix)), path,
            $"\"{name}\" is no label name: at most {MaxLabel} letters, digits, -, _ and ., starting and ending with a letter or digit, with an optional domain and / in front");
    }

    [GeneratedRegex("^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", RegexOptions.CultureInvariant)]
    private static partial Regex LabelText();

    [GeneratedRegex("^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$", RegexOptions.CultureInvariant)]
    private static partial Regex SubdomainText();

    [GeneratedRegex("^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$", RegexOptions.CultureInvariant)]
    private static partial Regex ValueText();
}
