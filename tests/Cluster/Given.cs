namespace Orchestrator.Cluster;

/// <summary>The manifests of the tests: only what matters to a test is said by it.</summary>
static class Given
{
    /// <summary>A deployment of the demo's web server with its service and a route from NAME.example.</summary>
    public static string Site(string name, int replicas, string version = "1", string image = "hello:1", int graceSeconds = 5) => $"""
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          name: {name}
        spec:
          replicas: {replicas}
          selector:
            matchLabels:
              app: {name}
          template:
            metadata:
              labels:
                app: {name}
            spec:
              terminationGracePeriodSeconds: {graceSeconds}
              containers:
                - name: web
                  image: {image}
                  env:
                    - name: VERSION
                      value: "{version}"
                  ports:
                    - name: http
                      containerPort: 8080
                  resources:
                    requests:
                      cpu: 10m
                      memory: 8Mi
                  readinessProbe:
                    httpGet:
                      path: /
                      port: http
                    periodSeconds: 1
        ---
        {Service(name)}
        ---
        apiVersion: networking.k8s.io/v1
        kind: Ingress
        metadata:
          name: {name}
        spec:
          rules:
            - host: {name}.example
              http:
                paths:
                  - path: /
                    pathType: Prefix
                    backend:
                      service:
                        name: {name}
                        port:
                          number: 80
        """;

    public static string Service(string name) => $"""
        apiVersion: v1
        kind: Service
        metadata:
          name: {name}
        spec:
          selector:
            app: {name}
          ports:
            - port: 80
              targetPort: 8080
        """;

    /// <summary>A pod that runs a line of shell script on one node, or anywhere.</summary>
    public static string Pod(string name, string script, string? node = null, string image = "hello:1", string cpu = "10m", string restart = "Never", string labels = "{}") => $"""
        apiVersion: v1
        kind: Pod
        metadata:
          name: {name}
          labels: {labels}
        spec:
          restartPolicy: {restart}
          terminationGracePeriodSeconds: 1
        {(node is null ? "" : $"  nodeSelector: {{kubernetes.io/hostname: {node}}}\n")}  containers:
            - name: main
              image: {image}
              command: [/bin/sh, -c, "{script}"]
              resources:
                requests:
                  cpu: {cpu}
                  memory: 8Mi
        """;

    public static string StatefulSet(string name, int replicas, string version) => $"""
        apiVersion: apps/v1
        kind: StatefulSet
        metadata:
          name: {name}
        spec:
          replicas: {replicas}
          serviceName: {name}
          selector:
            matchLabels:
              app: {name}
        {Template(name, version)}
        """;

    public static string DaemonSet(string name) => $"""
        apiVersion: apps/v1
        kind: DaemonSet
        metadata:
          name: {name}
        spec:
          selector:
            matchLabels:
              app: {name}
        {Template(name, "1")}
        """;

    /// <summary>An Indexed job whose pods run a line of shell script.</summary>
    public static string Job(string name, int completions, string script, int backoffLimit = 6) => $"""
        apiVersion: batch/v1
        kind: Job
        metadata:
          name: {name}
        spec:
          completions: {completions}
          parallelism: 2
          completionMode: Indexed
          backoffLimit: {backoffLimit}
          template:
            spec:
              restartPolicy: Never
              containers:
                - name: main
                  image: hello:1
                  command: [/bin/sh, -c, "{script}"]
                  resources:
                    requests:
                      cpu: 10m
                      memory: 8Mi
        """;

    static string Template(string app, string version) => $$"""
          template:
            metadata:
              labels:
                app: {{app}}
            spec:
              terminationGracePeriodSeconds: 1
              containers:
                - name: web
                  image: hello:1
                  env:
                    - name: VERSION
                      value: "{{version}}"
                  ports:
                    - containerPort: 8080
                  resources:
                    requests:
                      cpu: 10m
                      memory: 8Mi
                  readinessProbe:
                    httpGet:
                      path: /
                      port: 8080
                    periodSeconds: 1
        """;
}
