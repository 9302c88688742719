namespace Orchestrator.Scheduler.Policies;

/// <summary>
/// What a kind of node runs out of first. Where that is memory, a pod with little of it to its devices uses up less of the kind than one with much. The resources count by
/// how far each will have been used up, smoothly, so that a small change of the demand is a small change of the weights.
/// </summary>
readonly struct Scarcity
{
    /// <summary>How much the scarcest counts before the others; beyond 8 it hardly matters.</summary>
    const int Sharpness = 16;

    readonly Volume _weights;

    Scarcity(Volume weights) => _weights = weights;

    /// <param name="wanted">What will be asked of the kind.</param>
    /// <param name="left">What it has.</param>
    public static Scarcity Of(Volume wanted, Volume left)
    {
        double gpu = wanted.Gpu / Math.Max(1, left.Gpu), cpu = wanted.Cpu / Math.Max(1, left.Cpu), memory = wanted.Memory / Math.Max(1, left.Memory);
        var most = Math.Max(gpu, Math.Max(cpu, memory));
        if (most <= 0) return new Scarcity(new Volume(1, 0, 0));
        var (byGpu, byCpu, byMemory) = (Math.Pow(gpu / most, Sharpness), Math.Pow(cpu / most, Sharpness), Math.Pow(memory / most, Sharpness));
        var sum = byGpu + byCpu + byMemory;
        return new Scarcity(new Volume(byGpu / sum, byCpu / sum * left.Gpu / Math.Max(1, left.Cpu), byMemory / sum * left.Gpu / Math.Max(1, left.Memory)));
    }

    /// <summary>How much of the kind an ask uses up, beside one for as many devices that takes cpu and memory in the proportions of what is left: 1 is as much.</summary>
    public double UsedBy(Volume ask) => _weights.Gpu + (((_weights.Cpu * ask.Cpu) + (_weights.Memory * ask.Memory)) / ask.Gpu);
}
