using Orchestrator.Model.Pods;

namespace Orchestrator.Scheduler.Asks;

/// <summary>What a pod takes of a node. The columns are those of <see cref="Amounts"/>.</summary>
/// <param name="Columns">The columns of which anything is asked.</param>
/// <param name="Devices">Whole devices.</param>
/// <param name="Share">A share of one more device, in thousandths.</param>
readonly record struct Ask(long[] Values, int[] Columns, int Devices, int Share)
{
    public bool WantsGpu => Devices > 0 || Share > 0;

    /// <summary>
    /// The sum of the containers, or the largest init container where that is more, because those run one after the other, and the overhead.
    /// Source: Kubernetes, "Init containers: resource sharing within containers".
    /// </summary>
    public static Ask Of(PodSpec spec, Amounts amounts)
    {
        var values = new long[amounts.Count];
        long devices = 0, share = 0;
        foreach (var container in spec.Containers)
        {
            foreach (var (name, quantity) in Requests(container.Resources)) Add(name, quantity, most: false);
        }

        foreach (var container in spec.InitContainers)
        {
            foreach (var (name, quantity) in Requests(container.Resources)) Add(name, quantity, most: true);
        }

        foreach (var (name, quantity) in spec.Overhead) Add(name, quantity, most: false);
        if (share == Amounts.Device) (devices, share) = (devices + 1, 0);
        values[Amounts.Pods] = 1;
        values[Amounts.Gpu] = (devices * Amounts.Device) + share;
        var asked = 0;
        foreach (var value in values) asked += value != 0 ? 1 : 0;
        var columns = new int[asked];
        for (int i = 0, at = 0; i < values.Length; i++)
            if (values[i] != 0) columns[at++] = i;
        return new Ask(values, columns, (int)Math.Min(int.MaxValue, devices), (int)Math.Min(int.MaxValue, share));

        void Add(string name, Model.Values.Quantity quantity, bool most)
        {
            if (name == ResourceNames.Gpu) devices = most ? Math.Max(devices, quantity.Units) : devices + quantity.Units;
            else if (name == ResourceNames.GpuMilli) share = most ? Math.Max(share, quantity.Units) : share + quantity.Units;
            else
            {
                var column = amounts.ColumnOf(name);
                if (column >= values.Length) Array.Resize(ref values, amounts.Count);
                var value = Amounts.Read(column, quantity);
                values[column] = most ? Math.Max(values[column], value) : values[column] + value;
            }
        }
    }

    /// <summary>What is reserved: each request, and each limit that has no request.</summary>
    public static IEnumerable<KeyValuePair<string, Model.Values.Quantity>> Requests(ResourceRequirements resources)
    {
        if (resources.Limits.Count == 0) return resources.Requests;
        return resources.Requests.Count == 0 ? resources.Limits : resources.Requests.Concat(resources.Limits.Where(limit => !resources.Requests.ContainsKey(limit.Key)));
    }
}
