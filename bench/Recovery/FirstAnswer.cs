using System.Diagnostics;
using Orchestrator.Testing.Clusters;

namespace Orchestrator.Bench;

/// <summary>From orch apply, with the image on the hosts, to the first page through the ingress. Debian's Swarm has nothing to ask over HTTP without rules of this machine's own.</summary>
static class FirstAnswer
{
    const double GoalSeconds = 0.5;

    public static async Task<IReadOnlyList<Result>> MeasureAsync(Ours ours, int rounds)
    {
        List<double> times = [];
        for (var round = 0; round < rounds; round++)
        {
            var host = await ours.ReadyAsync();
            var site = $"site-{round}";
            var clock = Stopwatch.StartNew();
            await ours.Cluster.ApplyAsync(Manifest(site));
            while ((await ours.Cluster.StatusOfPageAsync(host, $"{site}.example")) != "200")
            {
                if (clock.Elapsed > TimeSpan.FromMinutes(1)) throw new TimeoutException($"no page of {site}\n{ours.Lan.LogTails()}");
            }

            times.Add(clock.Elapsed.TotalSeconds);
            await ours.Cluster.OrchAsync("delete", $"deployment/{site}", $"service/{site}", $"ingress/{site}");
        }

        return [new Result("orch apply -> first page through the ingress, p50", Losses.Median(times), "s", null, GoalSeconds), new Result("orch apply -> first page through the ingress, max", times.Max(), "s")];
    }

    /// <summary>A site from NAME.example.</summary>
    public static string Manifest(string name, int replicas = 1) => $$"""
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: {{name}}}
        spec:
          replicas: {{replicas}}
          selector: {matchLabels: {app: {{name}} } }
          template:
            metadata: {labels: {app: {{name}} } }
            spec:
              containers:
                - name: web
                  image: {{TestImage.Hello.Name}}
                  ports: [{containerPort: 8080}]
                  readinessProbe: {httpGet: {path: /, port: 8080}, periodSeconds: 1}
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: {{name}} }
        spec:
          selector: {app: {{name}} }
          ports: [{port: 80, targetPort: 8080}]
        ---
        apiVersion: networking.k8s.io/v1
        kind: Ingress
        metadata: {name: {{name}} }
        spec:
          rules:
            - host: {{name}}.example
              http:
                paths:
                  - {path: /, pathType: Prefix, backend: {service: {name: {{name}}, port: {number: 80} } } }
        """;
}
