using System.Globalization;
using System.Text;

namespace Orchestrator.Load;

/// <summary>What the scenarios put into the cluster.</summary>
static class Manifests
{
    public static string Site(string name, int replicas, string image = "hello:1", string? tls = null) => """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: NAME}
        spec:
          replicas: REPLICAS
          strategy: {rollingUpdate: {maxSurge: 1, maxUnavailable: 0}}
          selector: {matchLabels: {app: NAME}}
          template:
            metadata: {labels: {app: NAME}}
            spec:
              terminationGracePeriodSeconds: 10
              containers:
                - name: web
                  image: IMAGE
                  ports: [{name: http, containerPort: 8080}]
                  resources: {requests: {cpu: 10m, memory: 8Mi}}
                  readinessProbe: {httpGet: {path: /, port: http}, periodSeconds: 1}
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: NAME}
        spec: {selector: {app: NAME}, ports: [{port: 80, targetPort: 8080}]}
        ---
        apiVersion: networking.k8s.io/v1
        kind: Ingress
        metadata: {name: NAME}
        spec:
          tls: [TLS]
          rules: [{host: NAME.example, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: NAME, port: {number: 80}}}}]}}]
        """.Replace("NAME", name, StringComparison.Ordinal).Replace("IMAGE", image, StringComparison.Ordinal)
        .Replace("[TLS]", tls is null ? "[]" : $"[{{hosts: [{name}.example], secretName: {tls}}}]", StringComparison.Ordinal).Replace("REPLICAS", replicas.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);

    /// <summary>A ConfigMap of one KiB, as JSON.</summary>
    public static byte[] ConfigMap(string name, string value) =>
        Encoding.UTF8.GetBytes($$$"""{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"{{{name}}}","namespace":"default","labels":{"load":"yes"}},"data":{"value":"{{{value}}}","filling":"{{{Filling}}}"}}""");

    /// <summary>A Deployment without pods: what the control plane does for it is its ReplicaSet and its status.</summary>
    public static byte[] Deployment(string name, string version) =>
        Encoding.UTF8.GetBytes($$$"""
            {"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"{{{name}}}","namespace":"default"},"spec":{"replicas":0,"selector":{"matchLabels":{"app":"{{{name}}}"} },
            "template":{"metadata":{"labels":{"app":"{{{name}}}"} },"spec":{"containers":[{"name":"web","image":"hello:1","env":[{"name":"VERSION","value":"{{{version}}}"}]}]} } } }
            """);

    static readonly string Filling = new('x', 900);
}
