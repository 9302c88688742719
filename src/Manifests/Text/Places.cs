namespace Orchestrator.Manifests.Text;

/// <summary>Finds where in a manifest a field stands.</summary>
static class Places
{
    /// <summary>The place of the field, or of the nearest thing above it that is there.</summary>
    /// <param name="path">Such as <c>spec.containers[0].image</c>.</param>
    public static Place Nearest(Node node, string path)
    {
        var place = node.Place;
        foreach (var step in path.Split('.', '['))
        {
            if (step.EndsWith(']') && node is SequenceNode sequence && int.TryParse(step.AsSpan(0, step.Length - 1), out var index) && index < sequence.Items.Count)
            {
                node = sequence.Items[index];
                place = node.Place;
            }
            else if (node is MappingNode mapping && mapping.Entries.FirstOrDefault(entry => entry.Key == step) is { } entry)
            {
                node = entry.Value;
                place = entry.Place;
            }
            else
            {
                break;
            }
        }

        return place;
    }
}
