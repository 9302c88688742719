namespace Orchestrator.Manifests.Text;

/// <summary>Finds where in a manifest a field stands.</summary>
static class Places
{
    /// <summary>The place of the field, or of the nearest thing above it that is there.</summary>
    /// <param name="path">Such as <c>spec.containers[0].image</c>.</param>
    public static Place Nearest(Node node, string path)
    {
        var place = node.Place;
        while (path.Length > 0)
        {
            if (node is SequenceNode sequence && ItemOf(sequence, path) is { } item)
            {
                (node, place) = (item, item.Place);
                path = path[(path.IndexOf(']') + 1)..].TrimStart('.');
            }
            else if (node is MappingNode mapping && EntryOf(mapping, path) is { } entry)
            {
                (node, place) = (entry.Value, entry.Place);
                path = path[entry.Key.Length..].TrimStart('.');
            }
            else
            {
                break;
            }
        }

        return place;
    }

    static Node? ItemOf(SequenceNode sequence, string path)
    {
        var end = path.IndexOf(']');
        return path[0] == '[' && int.TryParse(path.AsSpan(1, Math.Max(0, end - 1)), out var index) && index < sequence.Items.Count ? sequence.Items[index] : null;
    }

    // Names of labels hold dots themselves, so that the longest field with which the path begins is the one that is meant.
    static MappingEntry? EntryOf(MappingNode mapping, string path) => mapping.Entries.Where(entry => FieldPath.Covers(entry.Key, path)).MaxBy(entry => entry.Key.Length);
}
