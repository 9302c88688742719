using System.Globalization;
using Orchestrator.NodeAgent.Containers;

namespace Orchestrator.NodeAgent.Pods;

/// <summary>Which pod has which of the node's users for its own. A pod's choice stands in its run directory and ends with it, as everything that runs by it does.</summary>
sealed class UserRanges(PodPlaces places)
{
    // Above the ranges that distributions give to people for containers of theirs (subuid(5)).
    const uint Lowest = 1 << 30;
    const int Ranges = 32768;

    readonly Lock _lock = new();

    /// <summary>The pod's users: those it has already, else the next that are free.</summary>
    /// <exception cref="InvalidOperationException">All are taken.</exception>
    public PodUsers Take(string uid)
    {
        lock (_lock)
        {
            if (Find(uid) is { } known)
                return known;
            var taken = places.Found().Select(FirstOf).OfType<uint>().ToHashSet();
            for (var i = 0; i < Ranges; i++)
            {
                var first = Lowest + ((uint)i * PodUsers.Count);
                if (taken.Contains(first))
                    continue;
                File.WriteAllText(FileOf(uid), first.ToString(CultureInfo.InvariantCulture));
                return new PodUsers(first, places.NamespacesOf(uid).User);
            }

            throw new InvalidOperationException($"all {Ranges} ranges of users are taken");
        }
    }

    /// <summary>The pod's users; null when they are the node's.</summary>
    public PodUsers? Find(string uid) => FirstOf(uid) is { } first ? new PodUsers(first, places.NamespacesOf(uid).User) : null;

    uint? FirstOf(string uid) =>
        PodPlaces.IsSafe(uid) && File.Exists(FileOf(uid)) && uint.TryParse(File.ReadAllText(FileOf(uid)), NumberStyles.None, CultureInfo.InvariantCulture, out var first) ? first : null;

    string FileOf(string uid) => Path.Combine(places.RunOf(uid), "users");
}
