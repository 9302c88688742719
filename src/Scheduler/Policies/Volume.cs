namespace Orchestrator.Scheduler.Policies;

/// <summary>How much of what devices need is there or is wanted, all together. In thousandths of devices, millicores and bytes.</summary>
readonly record struct Volume(double Gpu, double Cpu, double Memory)
{
    public static Volume operator +(Volume a, Volume b) => new(a.Gpu + b.Gpu, a.Cpu + b.Cpu, a.Memory + b.Memory);

    public static Volume operator *(double times, Volume of) => new(times * of.Gpu, times * of.Cpu, times * of.Memory);
}
