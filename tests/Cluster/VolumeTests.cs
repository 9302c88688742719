using Orchestrator.Testing.Clusters;

namespace Orchestrator.Cluster;

/// <summary>What becomes of the directories of claims.</summary>
[Collection(OnTheSharedCluster.Name)]
public sealed class VolumeTests(SharedCluster shared)
{
    TestCluster Cluster => shared.Cluster;

    [Fact]
    public async Task A_claims_directory_goes_with_it_when_its_class_says_so_and_stays_otherwise()
    {
        await Cluster.ApplyAsync($$"""
            apiVersion: storage.k8s.io/v1
            kind: StorageClass
            metadata: {name: passing}
            provisioner: orchestrator/local
            ---
            {{Claim("passing", "passing")}}
            ---
            {{Claim("staying", "unknown")}}
            ---
            {{Writer("passing")}}
            ---
            {{Writer("staying")}}
            """);
        var passing = await DirectoryAsync("passing");
        var staying = await DirectoryAsync("staying");
        await Cluster.HoldsAsync(async () => File.Exists(Path.Combine(passing, "file")) && await File.ReadAllTextAsync(Path.Combine(passing, "file")) == "kept\n", "what the pod writes is in the directory");

        await Cluster.OrchAsync("delete", "--wait=false", "pvc/passing", "pvc/staying");
        Assert.Equal(2, (await Cluster.OrchAsync("get", "pvc", "--no-headers")).Lines.Count(line => line.Contains(" Terminating ", StringComparison.Ordinal))); // pods have them still
        Assert.True(Directory.Exists(passing));

        await Cluster.OrchAsync("delete", "pod/passing", "pod/staying");
        await Cluster.HoldsAsync(async () => !(await Cluster.OrchAsync("get", "pvc", "--no-headers")).Lines.Any(line => line.Contains("ing ", StringComparison.Ordinal)), "the claims go when their pods have gone");
        await Cluster.HoldsAsync(() => Task.FromResult(!Directory.Exists(passing)), "the directory goes when its pod has gone");
        var volume = Path.GetFileName(passing);
        await Cluster.HoldsAsync(async () => (await Cluster.TryOrchAsync("get", $"pv/{volume}")).ExitCode != 0, "its volume goes, too");
        Assert.True(Directory.Exists(staying), "that of another class stays");
        Assert.Contains(" Retain ", (await Cluster.OrchAsync("get", $"pv/{Path.GetFileName(staying)}")).Lines[1], StringComparison.Ordinal);
    }

    async Task<string> DirectoryAsync(string claim)
    {
        await Cluster.HoldsAsync(async () => await PodView.FindAsync(Cluster, claim) is { Ready: true }, $"{claim} runs");
        var volume = (string)(await Cluster.ListAsync("pvc")).Single(each => (string)each["metadata"]!["name"]! == claim)["spec"]!["volumeName"]!; // bound before its pod ran
        return Cluster.Hosts.Select(host => Path.Combine(host.DataDirectory, "agent", "claims", volume)).Single(Directory.Exists);
    }

    static string Claim(string name, string storageClass) => $$$"""
        apiVersion: v1
        kind: PersistentVolumeClaim
        metadata: {name: {{{name}}}}
        spec: {accessModes: [ReadWriteOnce], storageClassName: {{{storageClass}}}, resources: {requests: {storage: 1Mi} } }
        """;

    static string Writer(string claim) => $$$"""
        apiVersion: v1
        kind: Pod
        metadata: {name: {{{claim}}}}
        spec:
          terminationGracePeriodSeconds: 0
          containers:
            - name: main
              image: hello:1
              command: [/bin/sh, -c, "echo kept > /data/file; exec sleep 1000"]
              resources: {requests: {cpu: 10m, memory: 8Mi}}
              volumeMounts: [{name: data, mountPath: /data}]
          volumes: [{name: data, persistentVolumeClaim: {claimName: {{{claim}}} }}]
        """;
}
