using System.Net;
using System.Net.Sockets;

namespace Orchestrator.Bench;

/// <summary>One backend, and three proxies in front of it: ours in a cluster of one machine, nginx and haproxy, each with connections to the backend that are kept.</summary>
sealed class Site : IAsyncDisposable
{
    /// <summary>Hosts that a table of many routes has besides.</summary>
    public const int ManyHosts = 1_000;

    const int Backend = 9000, LargeBytes = 100_000, HostsOfAnIngress = 100;

    /// <summary>On loopback, but not in its range, which no endpoint may be in.</summary>
    const string BackendHost = "192.0.2.9";

    readonly List<Running> _running = [];

    Func<string, string, Task> _orch = static (_, _) => Task.CompletedTask;

    /// <param name="Port">For HTTP.</param>
    /// <param name="TlsPort">For HTTP over TLS.</param>
    public sealed record Proxy(string Name, Running Process, int Port, int TlsPort);

    public Proxy Ours { get; private set; } = null!; // started with the site

    public Proxy Nginx { get; private set; } = null!; // as above

    public Proxy Haproxy { get; private set; } = null!; // as above

    public static async Task<Site> StartAsync(string bin, string directory)
    {
        Site site = new();
        const string Pass = "proxy_pass http://pods; proxy_http_version 1.1; proxy_set_header Connection \"\"; proxy_set_header Host $host; proxy_set_header X-Forwarded-For $remote_addr;";
        var hosts = Enumerable.Range(0, ManyHosts).Select(HostOf).ToList();
        await File.WriteAllLinesAsync($"{directory}/hosts", hosts);
        await File.WriteAllTextAsync($"{directory}/small", "hello\n");
        await File.WriteAllBytesAsync($"{directory}/large", new byte[LargeBytes]);
        await Running.OutputAsync("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=bench.example",
            "-addext", "subjectAltName=DNS:bench.example", "-keyout", $"{directory}/key.pem", "-out", $"{directory}/cert.pem");
        await File.WriteAllTextAsync($"{directory}/both.pem", await File.ReadAllTextAsync($"{directory}/cert.pem") + await File.ReadAllTextAsync($"{directory}/key.pem"));

        site.Start("nginx", "-p", directory, "-c", await ConfigAsync(directory, "backend.conf", $$"""
            server { listen {{BackendHost}}:{{Backend}} reuseport; root {{directory}}; keepalive_requests 1000000; access_log off; }
            """), "-g", "daemon off;");
        site.Nginx = new Proxy("nginx", site.Start("nginx", "-p", directory, "-c", await ConfigAsync(directory, "nginx.conf", $$"""
            upstream pods { server {{BackendHost}}:{{Backend}}; keepalive 256; keepalive_requests 1000000; }
            server {
              listen 127.0.0.1:8081; listen 127.0.0.1:8481 ssl http2; keepalive_requests 1000000; access_log off;
              ssl_certificate {{directory}}/cert.pem; ssl_certificate_key {{directory}}/key.pem; ssl_protocols TLSv1.2 TLSv1.3;
              location / { {{Pass}} }
            }
            {{string.Concat(hosts.Select(host => $"server {{ listen 127.0.0.1:8081; server_name {host}; keepalive_requests 1000000; access_log off; location / {{ {Pass} }} }}\n"))}}
            """), "-g", "daemon off;"), 8081, 8481);
        await File.WriteAllTextAsync($"{directory}/haproxy.cfg", $"""
            global
              maxconn 8000
              nbthread 2
            defaults
              mode http
              timeout connect 5s
              timeout client 60s
              timeout server 60s
              http-reuse always
              option forwardfor
            frontend front
              bind 127.0.0.1:8082
              bind 127.0.0.1:8482 ssl crt {directory}/both.pem alpn h2,http/1.1
              acl many hdr(host) -f {directory}/hosts
              use_backend pods if many
              default_backend pods
            backend pods
              server one {BackendHost}:{Backend}

            """);
        site.Haproxy = new Proxy("haproxy", site.Start("haproxy", "-f", $"{directory}/haproxy.cfg", "-db"), 8082, 8482);
        site.Ours = new Proxy("ours", site.Start($"{bin}/orchd", "dev", "--data-dir", $"{directory}/orchd", "--run-dir", $"{directory}/run"), 8080, 8443);
        await site.ConfigureAsync(bin, directory);
        return site;
    }

    // An address outside the cluster behind a service: an EndpointSlice of one's own.
    async Task ConfigureAsync(string bin, string directory)
    {
        var admin = $"{directory}/orchd/admin.json";
        while (!File.Exists(admin)) await Task.Delay(50);
        var objects = $$$$$"""
            apiVersion: v1
            kind: Service
            metadata: {name: bench}
            spec: {ports: [{port: 80}]}
            ---
            apiVersion: discovery.k8s.io/v1
            kind: EndpointSlice
            metadata: {name: bench-own, labels: {kubernetes.io/service-name: bench}}
            addressType: IPv4
            endpoints: [{addresses: [{{{{{BackendHost}}}}}]}]
            ports: [{port: {{{{{Backend}}}}}}]
            ---
            apiVersion: networking.k8s.io/v1
            kind: Ingress
            metadata: {name: bench}
            spec:
              tls: [{hosts: [bench.example], secretName: bench}]
              rules: [{host: bench.example, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: bench, port: {number: 80}}}}]}}]

            """;
        _orch = async (name, yaml) =>
        {
            await File.WriteAllTextAsync($"{directory}/{name}.yaml", yaml);
            await Running.OutputAsync("env", $"ORCH_CONFIG={admin}", $"{bin}/orch", "apply", "-f", $"{directory}/{name}.yaml");
        };
        await Running.OutputAsync("env", $"ORCH_CONFIG={admin}", $"{bin}/orch", "create", "secret", "tls", "bench", "--cert", $"{directory}/cert.pem", "--key", $"{directory}/key.pem");
        await _orch("site", objects);
        using HttpClient client = new() { DefaultRequestHeaders = { Host = "bench.example" } };
        foreach (var proxy in (Proxy[])[Ours, Nginx, Haproxy])
        {
            while (!await AnswersAsync(client, proxy.Port)) await Task.Delay(50);
        }
    }

    public static string HostOf(int number) => $"host-{number}.bench.example";

    /// <summary>Adds the many hosts to our table; the others have had them from the start.</summary>
    public async Task RouteManyAsync()
    {
        foreach (var numbers in Enumerable.Range(0, ManyHosts).Chunk(HostsOfAnIngress))
        {
            var rules = string.Concat(numbers.Select(number => $"  - {{host: {HostOf(number)}, http: {{paths: [{{path: /, pathType: Prefix, backend: {{service: {{name: bench, port: {{number: 80}}}}}}}}]}}}}\n"));
            await _orch($"many-{numbers[0]}", $"apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {{name: many-{numbers[0]}}}\nspec:\n  rules:\n{rules}");
        }

        using HttpClient client = new() { DefaultRequestHeaders = { Host = HostOf(ManyHosts - 1) } };
        while (!await AnswersAsync(client, Ours.Port)) await Task.Delay(50);
    }

    static async Task<bool> AnswersAsync(HttpClient client, int port)
    {
        try
        {
            using var answer = await client.GetAsync(new Uri($"http://127.0.0.1:{port}/small"));
            return answer.StatusCode == HttpStatusCode.OK;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    static async Task<string> ConfigAsync(string directory, string name, string server)
    {
        await File.WriteAllTextAsync($"{directory}/{name}", $$"""
            user root;
            pid {{directory}}/{{name}}.pid;
            worker_processes 2;
            error_log /dev/null;
            events { worker_connections 16384; }
            http { client_body_temp_path {{directory}}/body; proxy_temp_path {{directory}}/proxy; fastcgi_temp_path {{directory}}/f; uwsgi_temp_path {{directory}}/u; scgi_temp_path {{directory}}/s; sendfile on; server_names_hash_bucket_size 128; server_names_hash_max_size 8192;
            {{server}} }

            """);
        return $"{directory}/{name}";
    }

    Running Start(string program, params string[] arguments)
    {
        var running = Running.Start(program, arguments);
        _running.Add(running);
        return running;
    }

    /// <summary>Opens connections that say nothing, and what the proxy's memory grows by for each, in bytes.</summary>
    public static async Task<double> IdleBytesAsync(Proxy proxy, int connections)
    {
        var before = proxy.Process.ResidentBytes();
        List<Socket> open = [];
        try
        {
            for (var i = 0; i < connections; i++)
            {
                Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                open.Add(socket);
                await socket.ConnectAsync(IPAddress.Loopback, proxy.Port);
            }

            await Task.Delay(1000);
            return (proxy.Process.ResidentBytes() - before) / (double)connections;
        }
        finally
        {
            open.ForEach(static socket => socket.Dispose());
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var running in Enumerable.Reverse(_running)) await running.DisposeAsync();
    }
}
