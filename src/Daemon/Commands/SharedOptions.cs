using System.CommandLine;
using System.Net;
using System.Text.RegularExpressions;
using Orchestrator.Daemon.Hosting;
using Orchestrator.NodeAgent.Pressure;
using Orchestrator.NodeAgent.Session;

namespace Orchestrator.Daemon.Commands;

/// <summary>The options that several commands have, each said once.</summary>
sealed partial class SharedOptions
{
    const int MaxPort = 65535;

    /// <summary>The ports after the API's that belong to it.</summary>
    const int PortsAfterApi = 3;

    const string DrainOption = "--drain-on-stop", DrainTimeoutOption = "--drain-timeout";

    const int DefaultIngressPort = 80, DefaultIngressTlsPort = 443;

    readonly Option<string> _name = new("--name") { Description = "what this machine is called in the cluster", DefaultValueFactory = _ => Environment.MachineName.ToLowerInvariant() };

    readonly Option<IPAddress> _advertise = Address("--advertise", "the address that other machines reach this one at; the only one that is listened on");

    readonly Option<string> _data = new("--data-dir") { Description = "where everything is kept", DefaultValueFactory = _ => "/var/lib/orchd" };

    readonly Option<string> _run = new("--run-dir") { Description = "sockets and mounts, which a reboot may remove; keep the path short", DefaultValueFactory = _ => "/run/orchd" };

    readonly Option<int> _port = new("--port") { Description = "the API's port; the next three are Raft, sessions, and health and metrics", DefaultValueFactory = _ => Ports.DefaultApi };

    readonly Option<string[]> _join = new("--join") { Description = "servers of the cluster that this machine joins at its first start, as host[:port], separated by commas; later starts need it no more" };

    readonly Option<string> _token = new("--token") { Description = "what lets it in, from `orch token create`" };

    readonly Option<string> _tokenFile = new("--token-file") { Description = "a file that the token is in, so that no list of processes shows it" };

    readonly Option<string[]> _labels = new("--label") { Description = "a label of this node, as name=value; may be given several times" };

    readonly Option<string[]> _taints = new("--taint") { Description = "a taint that this node has when it first joins, as key=value:effect; may be given several times" };

    readonly Option<string> _reserved = new("--system-reserved") { Description = "what of this machine is not for pods, such as cpu=200m,memory=512Mi,ephemeral-storage=1Gi", DefaultValueFactory = _ => "" };

    readonly Option<string[]> _insecure = new("--insecure-registry") { Description = "a registry that is spoken to without TLS, as host:port; may be given several times" };

    readonly Option<int> _imageGc = new("--image-gc-high-threshold") { Description = "unused images are removed when their disk is fuller than this, in percent, until it is at 5 less; 100 keeps all", DefaultValueFactory = _ => 85 };

    readonly Option<string> _evictionHard = new("--eviction-hard") { Description = "a pod is evicted when less than this is left of something on its node; empty for never", DefaultValueFactory = _ => EvictionThresholds.Usual };

    readonly Option<string?> _cniConfigurations = new("--cni-conf-dir") { Description = "connect this node's pods by CNI plugins, as the first *.conflist or *.conf there says, instead of by its own network; such as /etc/cni/net.d" };

    readonly Option<string[]> _cniPlugins = new("--cni-bin-dir") { Description = "where CNI plugins are; may be given several times", DefaultValueFactory = _ => ["/opt/cni/bin", "/usr/lib/cni"] };

    readonly Option<bool> _drain = new(DrainOption) { Description = "have the node's pods replaced elsewhere before this process stops; without it they run on" };

    readonly Option<int> _drainTimeout = new(DrainTimeoutOption) { Description = "stop all the same after so many seconds", DefaultValueFactory = _ => 300 };

    readonly Option<string> _cgroup = new("--cgroup-root") { Description = "the cgroup below which this node's containers stand", DefaultValueFactory = _ => "/orch" };

    readonly Option<int> _ingressPort = new("--ingress-port") { Description = "the port of the ingress", DefaultValueFactory = _ => DefaultIngressPort };

    readonly Option<int> _ingressTlsPort = new("--ingress-tls-port") { Description = "the port of the ingress for TLS", DefaultValueFactory = _ => DefaultIngressTlsPort };

    readonly Option<string[]> _ingressProxies = new("--ingress-proxy-protocol") { Description = "networks of load balancers whose connections to the ingress begin with a header of the PROXY protocol, such as 10.0.0.0/24", AllowMultipleArgumentsPerToken = true };

    readonly Option<string?> _ingressLog = new("--ingress-access-log") { Description = "a directory for files with a line for each request to the ingress" };

    readonly Option<string> _logFormat = new("--log-format") { Description = "text or json", DefaultValueFactory = _ => "text" };

    readonly Option<string> _config = new(Configuration.FileOption) { Description = "a file with these options, as `name: value`; each may also be in the environment, --data-dir as ORCHD_DATA_DIR", DefaultValueFactory = _ => Configuration.DefaultFile };

    readonly Option<bool> _verbose = new("--verbose", "-v") { Description = "log more" };

    public SharedOptions() => _logFormat.AcceptOnlyFromAmong("text", "json");

    public void AddTo(Command command, bool joins = true)
    {
        if (joins)
        {
            foreach (var option in new Option[] { _join, _token, _tokenFile }) command.Options.Add(option);
        }

        foreach (var option in new Option[] { _name, _advertise, _data, _run, _port, _labels, _taints, _reserved, _insecure, _imageGc, _evictionHard, _cniConfigurations, _cniPlugins, _drain, _drainTimeout, _cgroup, _ingressPort, _ingressTlsPort, _ingressProxies, _ingressLog, _logFormat, _verbose, _config })
            command.Options.Add(option);
    }

    /// <exception cref="StartException">An option makes no sense.</exception>
    public ServerSettings Read(ParseResult parsed, IPAddress? fallback = null)
    {
        var advertise = parsed.GetValue(_advertise) ?? fallback ?? Machine.FirstAddress();
        return new ServerSettings
        {
            Name = parsed.GetValue(_name)!, // has a default
            Advertise = advertise,
            DataDirectory = Path.GetFullPath(parsed.GetValue(_data)!), // has a default
            RunDirectory = Path.GetFullPath(parsed.GetValue(_run)!), // has a default
            Ports = Ports.From(InRange("--port", parsed.GetValue(_port), MaxPort - PortsAfterApi)),
            Join = [.. (parsed.GetValue(_join) ?? []).SelectMany(each => each.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))],
            Token = parsed.GetValue(_token) ?? (parsed.GetValue(_tokenFile) is { } file ? Secret(file) : null),
            Labels = LabelsFrom(parsed.GetValue(_labels) ?? []),
            Taints = (parsed.GetValue(_taints) ?? []) is var taints && taints.Select(JoinTaints.ProblemOf).FirstOrDefault(problem => problem is not null) is { } wrong ? throw new StartException($"--taint: {wrong}") : taints,
            SystemReserved = parsed.GetValue(_reserved) is var reserved && SystemReserve.ProblemOf(reserved ?? "") is { } unread ? throw new StartException($"--system-reserved: {unread}") : reserved ?? "",
            InsecureRegistries = parsed.GetValue(_insecure) ?? [],
            ImageGcHighPercent = parsed.GetValue(_imageGc) is var percent and >= 1 and <= 100 ? percent : throw new StartException($"--image-gc-high-threshold {parsed.GetValue(_imageGc)} is no share of a disk; choose 1 to 100"),
            EvictionHard = parsed.GetValue(_evictionHard) is var thresholds && EvictionThresholds.ProblemOf(thresholds ?? "") is { } problem ? throw new StartException($"--eviction-hard: {problem}") : thresholds ?? "",
            CniConfigurations = parsed.GetValue(_cniConfigurations) is { } configurations ? Path.GetFullPath(configurations) : null,
            CniPlugins = [.. (parsed.GetValue(_cniPlugins) ?? []).Select(Path.GetFullPath)],
            DrainPatience = parsed.GetValue(_drain) ? Seconds(parsed.GetValue(_drainTimeout)) : null,
            CgroupRoot = parsed.GetValue(_cgroup)!, // has a default
            JsonLogs = parsed.GetValue(_logFormat) == "json",
            Verbose = parsed.GetValue(_verbose),
        };
    }

    public ServerSettings WithIngress(ParseResult parsed, ServerSettings settings) => settings with
    {
        Ingress = new IPEndPoint(settings.Advertise, InRange("--ingress-port", parsed.GetValue(_ingressPort), MaxPort)),
        IngressTls = new IPEndPoint(settings.Advertise, InRange("--ingress-tls-port", parsed.GetValue(_ingressTlsPort), MaxPort)),
        IngressProxyProtocol = [.. (parsed.GetValue(_ingressProxies) ?? []).SelectMany(each => each.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)).Select(Network)],
        IngressAccessLog = parsed.GetValue(_ingressLog) is { } directory ? Path.GetFullPath(directory) : null,
    };

    static IPNetwork Network(string text) =>
        IPNetwork.TryParse(text, out var network) ? network
        : IPAddress.TryParse(text, out var one) ? new IPNetwork(one, one.GetAddressBytes().Length * 8)
        : throw new StartException($"--ingress-proxy-protocol: '{text}' is no network; give one such as 10.0.0.0/24");

    /// <summary>
    /// How long a stop may take before the command line ends the process: sessions, the silo and the log end in turn, and cut short by the library's own two seconds that would look like a
    /// crash; a node that is drained first has its time for that, too.
    /// </summary>
    public static TimeSpan StopTime(ParseResult parsed)
    {
        var drains = parsed.CommandResult.Command.Options.Any(option => option.Name == DrainOption) && parsed.GetValue<bool>(DrainOption);
        return TimeSpan.FromSeconds(30) + TimeSpan.FromSeconds(drains ? parsed.GetValue<int>(DrainTimeoutOption) : 0);
    }

    static TimeSpan Seconds(int patience) => patience > 0 ? TimeSpan.FromSeconds(patience) : throw new StartException($"--drain-timeout {patience} is no time; give a number of seconds");

    static int InRange(string option, int port, int max) =>
        port is > 0 && port <= max ? port : throw new StartException($"{option} {port} is no port; choose one from 1 to {max}");

    static Dictionary<string, string> LabelsFrom(string[] labels)
    {
        var read = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var label in labels)
        {
            var equal = label.IndexOf('=');
            if (equal <= 0) throw new StartException($"--label {label} is no label; write name=value");
            if (!LabelName().IsMatch(label.AsSpan(0, equal))) throw new StartException($"--label {label}: \"{label[..equal]}\" is no label name; use at most 63 letters, digits, -, _ and ., with an optional domain and / in front");
            if (!LabelValue().IsMatch(label.AsSpan(equal + 1))) throw new StartException($"--label {label}: \"{label[(equal + 1)..]}\" is no label value; use at most 63 letters, digits, -, _ and .");
            read[label[..equal]] = label[(equal + 1)..];
        }

        return read;
    }

    static string Secret(string file)
    {
        try
        {
            return File.ReadAllText(file).Trim();
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            throw new StartException($"--token-file {file} can't be read: {refused.Message}");
        }
    }

    static Option<IPAddress> Address(string name, string description) => new(name)
    {
        Description = description,
        CustomParser = result => Parsed(result.Tokens[0].Value, result),
    };

    static IPAddress? Parsed(string text, System.CommandLine.Parsing.ArgumentResult result)
    {
        if (IPAddress.TryParse(text, out var address)) return address;
        result.AddError($"{text} is no IP address");
        return null;
    }

    // Kubernetes, "Labels and Selectors", Syntax and character set.
    [GeneratedRegex(@"\A([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?\z")]
    private static partial Regex LabelName();

    [GeneratedRegex(@"\A([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?\z")]
    private static partial Regex LabelValue();
}
