using Orchestrator.Model.Configuration;
using Orchestrator.Model.Meta;
using Orchestrator.Model.Storage;
using Orchestrator.NodeAgent.Journal;

namespace Orchestrator.NodeAgent.Contents;

/// <summary>
/// The ConfigMaps, Secrets and claims that this node's pods refer to, as the control plane last told them; kept on disk, for root alone, so that a
/// node that is cut off can start containers again.
/// </summary>
sealed class ContentStore(PodJournal journal)
{
    volatile IReadOnlyDictionary<ResourceKey, Resource> _contents = journal.LoadContents().ToDictionary(each => each.Key);

    /// <summary>Takes what is told now, for all that was told before.</summary>
    /// <exception cref="IOException">It could not be kept; it holds for this agent all the same.</exception>
    public void Set(IReadOnlyList<Resource> contents)
    {
        _contents = contents.ToDictionary(each => each.Key);
        journal.SaveContents(contents);
    }

    /// <summary>The content of a ConfigMap or Secret by key.</summary>
    /// <exception cref="MissingContentException">There is none, and it is not optional.</exception>
    public IReadOnlyDictionary<string, byte[]> Of(string kind, string @namespace, string name, bool optional)
    {
        if (_contents.GetValueOrDefault(new ResourceKey(kind, @namespace, name)) is not { } found)
            return optional ? new Dictionary<string, byte[]>() : throw new MissingContentException($"{Word(kind)} \"{name}\" not found");
        return found switch
        {
            ConfigMap map => map.Content().ToDictionary(),
            Secret secret => secret.Content().ToDictionary(),
            _ => throw new InvalidOperationException($"a {found.Kind} has no content"),
        };
    }

    /// <summary>The content of one key; null when it is missing and optional.</summary>
    /// <exception cref="MissingContentException">There is none, and it is not optional.</exception>
    public byte[]? Of(string kind, string @namespace, string name, string key, bool optional) =>
        Of(kind, @namespace, name, optional).TryGetValue(key, out var content) ? content
        : optional ? null : throw new MissingContentException($"couldn't find key {key} in {Word(kind)} {@namespace}/{name}");

    /// <summary>When a claim was made; null when none is known.</summary>
    public DateTimeOffset? ClaimMade(ResourceKey claim) => _contents.GetValueOrDefault(claim)?.Metadata.CreationTimestamp;

    /// <summary>The volume of a claim on this node.</summary>
    /// <exception cref="MissingContentException">There is no such claim, or it has no volume here, or not yet.</exception>
    public string VolumeOf(string @namespace, string name, string node)
    {
        if (_contents.GetValueOrDefault(new ResourceKey(PersistentVolumeClaim.KindName, @namespace, name)) is not PersistentVolumeClaim claim)
            throw new MissingContentException($"persistentvolumeclaim \"{name}\" not found");
        if (claim.NodeName() is not { } where)
            throw new MissingContentException($"persistentvolumeclaim \"{name}\" is not bound yet");
        return where == node ? claim.Spec.VolumeName! : throw new MissingContentException($"persistentvolumeclaim \"{name}\" has its volume on node {where}"); // bound, so it has one
    }

    static string Word(string kind) => kind.ToLowerInvariant();
}

/// <summary>Something that a pod refers to is not there, or not yet.</summary>
sealed class MissingContentException(string message) : IOException(message);
