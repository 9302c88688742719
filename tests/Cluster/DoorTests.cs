using System.Net;
using System.Reflection;
using Google.Protobuf.Reflection;
using Orchestrator.Contracts;
using Orchestrator.Contracts.Security;
using Orchestrator.Testing.Clusters;

namespace Orchestrator.Cluster;

/// <summary>Every port of a server and every method behind it, tried by everybody who has no business there.</summary>
public sealed class DoorTests(JoiningServer cluster) : IClassFixture<JoiningServer>
{
    const string NoCertificate = "nobody", Agent = "agent", Ingress = "ingress", User = "user", Server = "server";

    /// <summary>Who may call each service, and a method of it that does no harm.</summary>
    static readonly Dictionary<string, (string[] Callers, string Harmless)> Rules = new(StringComparer.Ordinal)
    {
        ["Cluster"] = ([User], "Version"),
        ["Planner"] = ([User], "Why"),
        ["Access"] = ([User], "ListTokens"),
        ["Maintenance"] = ([User, Server], "Status"),
        ["Nodes"] = ([Agent, Server], "Withdrawn"),
        ["Routes"] = ([Ingress, Server], "Watch"),
        ["Peer"] = ([Server], "Applied"),
        ["Certificates"] = ([User, Agent, Ingress, Server], "Renew"),
        ["Joining"] = ([NoCertificate, User, Agent, Ingress, Server], "GetAuthority"),
    };

    IPEndPoint Api => new(IPAddress.Parse(cluster.Server.Address), 6440);

    [Fact]
    public void Every_service_of_the_wire_has_a_rule_here() => Assert.Equal(Rules.Keys.Order(StringComparer.Ordinal), Services().Select(service => service.Name).Order(StringComparer.Ordinal));

    [Fact]
    public async Task Each_method_of_the_API_is_open_to_those_who_need_it_and_to_nobody_else()
    {
        var callers = await CallersAsync();
        var strangers = new[]
        {
            Intruder.WithForgery(cluster.Lan.Outer, "a server of another CA", new Identity(Purpose.Server, cluster.Server.Name, "f")),
            Intruder.WithForgery(cluster.Lan.Outer, "a user of another CA", new Identity(Purpose.User, "admin", "")),
            await RemovedAsync(),
        };
        List<string> wrong = [];
        foreach (var service in Services())
        {
            var (allowed, harmless) = Rules[service.Name];
            foreach (var (name, caller) in callers.Where(each => !allowed.Contains(each.Key)))
                foreach (var method in service.Methods) await ExpectAsync(caller, $"{service.FullName}/{method.Name}", refused: true);
            foreach (var stranger in service.Name == "Joining" ? [] : strangers)
                foreach (var method in service.Methods) await ExpectAsync(stranger, $"{service.FullName}/{method.Name}", refused: true);
            foreach (var (name, caller) in callers.Where(each => allowed.Contains(each.Key))) await ExpectAsync(caller, $"{service.FullName}/{harmless}", refused: false);
        }

        Assert.Empty(wrong);

        async Task ExpectAsync(Intruder caller, string method, bool refused)
        {
            var why = await caller.RefusalAsync(Api, method);
            if (why is null == refused) wrong.Add($"{caller.Who} {(refused ? "is let in to" : "is kept from")} {method} {why}");
        }
    }

    [Fact]
    public async Task The_ports_between_servers_keep_nobody_but_servers()
    {
        var callers = await CallersAsync();
        foreach (var port in (int[])[6441, 6442])
        {
            var door = new IPEndPoint(Api.Address, port);
            foreach (var (name, caller) in callers) Assert.True(await caller.IsKeptAsync(door) == (name == Server), $"{caller.Who} at port {port}");
            Assert.False(await Intruder.WithForgery(cluster.Lan.Outer, "a server of another CA", new Identity(Purpose.Server, cluster.Server.Name, "f")).IsKeptAsync(door));
        }
    }

    [Fact]
    public async Task Nothing_else_listens_for_other_machines()
    {
        var ports = await PortsAsync(cluster.Server);
        Assert.Equal(["6440", "6441", "6442"], ports);
        Assert.Empty(await PortsAsync(cluster.Member));

        async Task<IReadOnlyList<string>> PortsAsync(LanHost host) =>
        [
            .. (await host.Namespace.RunAsync("ss", "-Hltn")).Lines.Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[3])
                .Where(address => !address.StartsWith("127.", StringComparison.Ordinal) && !address.StartsWith("10.244.", StringComparison.Ordinal)).Select(address => address.Split(':')[^1]).Order(StringComparer.Ordinal),
        ];
    }

    static IReadOnlyList<ServiceDescriptor> Services() =>
    [
        .. typeof(JoinRequest).Assembly.GetTypes().Where(type => type.Name.EndsWith("Reflection", StringComparison.Ordinal))
            .Select(type => type.GetProperty("Descriptor", BindingFlags.Public | BindingFlags.Static)?.GetValue(null)).OfType<FileDescriptor>().SelectMany(file => file.Services),
    ];

    async Task<Dictionary<string, Intruder>> CallersAsync()
    {
        var outer = cluster.Lan.Outer;
        return new Dictionary<string, Intruder>(StringComparer.Ordinal)
        {
            [NoCertificate] = new(outer, "nobody", null),
            [User] = Intruder.WithContext(outer, "a user", cluster.Config),
            [Server] = Intruder.WithFile(outer, "a server", Pem(cluster.Server)),
            [Agent] = Intruder.WithFile(outer, "an agent", Pem(cluster.Member)),
            [Ingress] = Intruder.WithFile(outer, "an ingress", await cluster.IngressAsync()),
        };
    }

    /// <summary>An agent that was one of the cluster until a moment ago.</summary>
    async Task<Intruder> RemovedAsync()
    {
        await cluster.JoinAsync(cluster.Newcomer, await cluster.TokenAsync("agent", "--once"));
        var removed = Intruder.WithFile(cluster.Lan.Outer, "a removed agent", Pem(cluster.Newcomer));
        await cluster.Newcomer.StopAsync();
        (await cluster.OrchAsync("delete", "node", cluster.Newcomer.Name)).Succeeded();
        (await cluster.Newcomer.ResetAsync()).Succeeded();
        return removed;
    }

    static string Pem(LanHost host) => Path.Combine(host.DataDirectory, "pki", "node.pem");
}
