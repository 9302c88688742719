namespace Orchestrator.Runtime.Spec;

/// <summary>Limits of single devices: disks, huge pages, network interfaces, RDMA.</summary>
static partial class ConfigReader
{
    const uint LeastIoWeight = 10, MostIoWeight = 1000;

    static IoSpec Io(ref JsonWalk walk)
    {
        var io = new IoSpec();
        var rates = new List<IoRate>();
        for (walk.Enter(); walk.Field() is { } name;)
        {
            switch (name)
            {
                case "weight": io = io with { Weight = IoWeight(ref walk) }; break;
                case "leafWeight": io = io with { LeafWeight = IoWeight(ref walk) }; break;
                case "weightDevice": io = io with { Weights = IoWeights(ref walk) }; break;
                case "throttleReadBpsDevice": IoRates(ref walk, IoLimit.ReadBytes, rates); break;
                case "throttleWriteBpsDevice": IoRates(ref walk, IoLimit.WriteBytes, rates); break;
                case "throttleReadIOPSDevice": IoRates(ref walk, IoLimit.ReadOperations, rates); break;
                case "throttleWriteIOPSDevice": IoRates(ref walk, IoLimit.WriteOperations, rates); break;
                default: walk.Unknown(); break;
            }
        }

        return io with { Rates = rates };
    }

    // Engines write 0, or null, for no wish.
    static uint? IoWeight(ref JsonWalk walk) => walk.OptionalUInt() switch
    {
        null or 0 => null,
        >= LeastIoWeight and <= MostIoWeight and var weight => weight,
        _ => throw walk.Problem("must be from 10 to 1000"),
    };

    static List<IoWeight> IoWeights(ref JsonWalk walk)
    {
        var weights = new List<IoWeight>();
        for (walk.EnterArray(); walk.Element();)
        {
            uint major = 0, minor = 0;
            uint? weight = null, leaf = null;
            for (walk.Enter(); walk.Field() is { } name;)
            {
                switch (name)
                {
                    case "major": major = walk.UInt(); break;
                    case "minor": minor = walk.UInt(); break;
                    case "weight": weight = IoWeight(ref walk); break;
                    case "leafWeight": leaf = IoWeight(ref walk); break;
                    default: walk.Unknown(); break;
                }
            }

            weights.Add(new IoWeight(major, minor, weight, leaf));
        }

        return weights;
    }

    static void IoRates(ref JsonWalk walk, IoLimit limit, List<IoRate> rates)
    {
        for (walk.EnterArray(); walk.Element();)
        {
            uint major = 0, minor = 0;
            ulong rate = 0;
            for (walk.Enter(); walk.Field() is { } name;)
            {
                switch (name)
                {
                    case "major": major = walk.UInt(); break;
                    case "minor": minor = walk.UInt(); break;
                    case "rate": rate = walk.ULong(); break;
                    default: walk.Unknown(); break;
                }
            }

            rates.Add(new IoRate(limit, major, minor, rate));
        }
    }

    static List<(string, ulong)> HugePages(ref JsonWalk walk)
    {
        var limits = new List<(string, ulong)>();
        for (walk.EnterArray(); walk.Element();)
        {
            string field = walk.Path, size = "";
            ulong limit = 0;
            for (walk.Enter(); walk.Field() is { } name;)
            {
                switch (name)
                {
                    case "pageSize": size = walk.String(); break;
                    case "limit": limit = walk.ULong(); break;
                    default: walk.Unknown(); break;
                }
            }

            // It becomes a part of a file's name.
            if (size.Length < 3 || size[^2..] is not ("KB" or "MB" or "GB") || !size[..^2].All(char.IsAsciiDigit))
                throw new ConfigException(field + ".pageSize", "must be a size such as 2MB");
            limits.Add((size, limit));
        }

        return limits;
    }

    static void Network(ref JsonWalk walk, ref ResourceSpec resources)
    {
        for (walk.Enter(); walk.Field() is { } field;)
        {
            switch (field)
            {
                case "classID": resources = resources with { NetworkClass = walk.OptionalUInt() }; break;
                case "priorities": resources = resources with { NetworkPriorities = NetworkPriorities(ref walk) }; break;
                default: walk.Unknown(); break;
            }
        }
    }

    static List<(string, uint)> NetworkPriorities(ref JsonWalk walk)
    {
        var priorities = new List<(string, uint)>();
        for (walk.EnterArray(); walk.Element();)
        {
            var card = "";
            uint priority = 0;
            for (walk.Enter(); walk.Field() is { } name;)
            {
                switch (name)
                {
                    case "name": card = Word(ref walk); break;
                    case "priority": priority = walk.UInt(); break;
                    default: walk.Unknown(); break;
                }
            }

            priorities.Add((card, priority));
        }

        return priorities;
    }

    static List<(string, uint?, uint?)> Rdma(ref JsonWalk walk)
    {
        var limits = new List<(string, uint?, uint?)>();
        for (walk.Enter(); walk.Field() is { } device;)
        {
            if (!IsWord(device)) throw walk.Problem("not the name of a device");
            uint? handles = null, objects = null;
            for (walk.Enter(); walk.Field() is { } name;)
            {
                switch (name)
                {
                    case "hcaHandles": handles = walk.UInt(); break;
                    case "hcaObjects": objects = walk.UInt(); break;
                    default: walk.Unknown(); break;
                }
            }

            limits.Add((device, handles, objects));
        }

        return limits;
    }

    // Written into a line of a kernel file: nothing in it may begin another word or line.
    static string Word(ref JsonWalk walk) => walk.String() is var word && IsWord(word) ? word : throw walk.Problem("not the name of a device");

    static bool IsWord(string text) => text.Length > 0 && !text.Any(c => char.IsWhiteSpace(c) || char.IsControl(c));
}
