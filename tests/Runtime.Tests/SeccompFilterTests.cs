using System.Text;
using CsCheck;
using Orchestrator.Runtime.Seccomp;
using Orchestrator.Runtime.Spec;

namespace Orchestrator.Runtime.Tests;

/// <summary>Profiles as programs, run by a machine of our own: which call ends how.</summary>
public sealed class SeccompFilterTests
{
    const uint X64 = 0xC000003E, I386 = 0x40000003, Arm64 = 0xC00000B7, X32Bit = 0x40000000;
    const uint Allow = 0x7FFF0000, Kill = 0x80000000, Enosys = 0x50026, Eperm = 0x50001;

    static byte[] Filter(string seccomp)
    {
        var config = ConfigReader.Read(Encoding.UTF8.GetBytes($$$"""{"ociVersion":"1.2.0","root":{"path":"r"},"linux":{"seccomp":{{{seccomp}}}}}"""), []);
        return FilterCompiler.Compile(config.Linux.Seccomp!, _ => { }); // just written
    }

    static string Rule(string name, string comparison, ulong value, ulong valueTwo = 0, int index = 0) => $$"""
        {"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"names":["{{name}}"],"action":"SCMP_ACT_ALLOW",
         "args":[{"index":{{index}},"op":"{{comparison}}","value":{{value}},"valueTwo":{{valueTwo}}}]}]}
        """;

    [Theory]
    [InlineData("SCMP_CMP_NE")]
    [InlineData("SCMP_CMP_LT")]
    [InlineData("SCMP_CMP_LE")]
    [InlineData("SCMP_CMP_EQ")]
    [InlineData("SCMP_CMP_GE")]
    [InlineData("SCMP_CMP_GT")]
    [InlineData("SCMP_CMP_MASKED_EQ")]
    public void Every_comparison_is_of_64_bits(string comparison)
    {
        // Values that differ in one half, or not at all, are the ones a comparison by halves gets wrong.
        var half = Gen.OneOf(0u, 1u, 2u, 0x7FFFFFFFu, 0x80000000u, 0xFFFFFFFEu, 0xFFFFFFFFu);
        var word = Gen.Select(half, half, (high, low) => (ulong)high << 32 | low);
        Gen.Select(word, word, word, Gen.Int[0, 5]).Sample((argument, value, valueTwo, index) =>
        {
            var expected = comparison switch
            {
                "SCMP_CMP_NE" => argument != value,
                "SCMP_CMP_LT" => argument < value,
                "SCMP_CMP_LE" => argument <= value,
                "SCMP_CMP_EQ" => argument == value,
                "SCMP_CMP_GE" => argument >= value,
                "SCMP_CMP_GT" => argument > value,
                _ => (argument & value) == valueTwo,
            };
            var arguments = new ulong[6];
            arguments[index] = argument;
            return FilterMachine.Run(Filter(Rule("personality", comparison, value, valueTwo, index)), X64, 135, arguments) == (expected ? Allow : Eperm);
        }, iter: 300);
    }

    [Fact]
    public void Each_architecture_has_its_own_numbers()
    {
        // mkdir: 83 on x86-64 and x32, 39 on i386. rt_sigaction: 13; 512 with the bit of x32; 174.
        var filter = Filter("""
            {"defaultAction":"SCMP_ACT_ALLOW","architectures":["SCMP_ARCH_X86_64","SCMP_ARCH_X86","SCMP_ARCH_X32","SCMP_ARCH_AARCH64"],
             "syscalls":[{"names":["mkdir","rt_sigaction","not_a_call"],"action":"SCMP_ACT_ERRNO","errnoRet":7}]}
            """);
        const uint errno = 0x50007;
        foreach (var (architecture, number, expected) in (ReadOnlySpan<(uint, uint, uint)>)
            [(X64, 83, errno), (X64, 39, Allow), (X64, 13, errno), (X64, X32Bit | 83, errno), (X64, X32Bit | 512, errno), (X64, X32Bit | 39, Allow),
             (I386, 39, errno), (I386, 83, Allow), (I386, 174, errno), (Arm64, 0, Kill)])
            Assert.Equal((number, expected), (number, FilterMachine.Run(filter, architecture, number)));
    }

    [Fact]
    public void An_architecture_that_is_not_listed_can_call_nothing()
    {
        var filter = Filter("""{"defaultAction":"SCMP_ACT_ALLOW"}""");
        Assert.Equal(Allow, FilterMachine.Run(filter, X64, 0));
        Assert.Equal(Enosys, FilterMachine.Run(filter, X64, X32Bit));
        Assert.Equal(Kill, FilterMachine.Run(filter, I386, 0));
    }

    [Fact]
    public void A_32_bit_programs_socket_calls_are_judged_by_what_they_are()
    {
        var filter = Filter("""
            {"defaultAction":"SCMP_ACT_ERRNO","architectures":["SCMP_ARCH_X86"],
             "syscalls":[{"names":["connect","shmget"],"action":"SCMP_ACT_ALLOW"},
                         {"names":["socket"],"action":"SCMP_ACT_ALLOW","args":[{"index":0,"value":1,"op":"SCMP_CMP_EQ"}]}]}
            """);
        const uint socketcall = 102, ipc = 117;
        Assert.Equal(Allow, FilterMachine.Run(filter, I386, socketcall, 3)); // connect
        Assert.Equal(Eperm, FilterMachine.Run(filter, I386, socketcall, 1)); // socket: of which family can't be seen
        Assert.Equal(Allow, FilterMachine.Run(filter, I386, 359, 1)); // socket by its own number
        Assert.Equal(Eperm, FilterMachine.Run(filter, I386, 359, 2));
        Assert.Equal(Allow, FilterMachine.Run(filter, I386, ipc, 23)); // shmget
        Assert.Equal(Eperm, FilterMachine.Run(filter, I386, ipc, 21)); // shmat
    }

    [Fact]
    public void A_call_newer_than_the_profile_is_one_the_kernel_does_not_have()
    {
        var filter = Filter("""
            {"defaultAction":"SCMP_ACT_ERRNO","architectures":["SCMP_ARCH_X32","SCMP_ARCH_X86"],"syscalls":[{"names":["read","statx","rt_sigaction"],"action":"SCMP_ACT_ALLOW"}]}
            """);
        foreach (var (architecture, number, expected) in (ReadOnlySpan<(uint, uint, uint)>)
            [(X64, 332, Allow), (X64, 331, Eperm), (X64, 333, Enosys), (X64, 469, Enosys), (X64, X32Bit | 512, Allow), (X64, X32Bit | 513, Enosys), (I386, 384, Enosys), (I386, 383, Allow)])
            Assert.Equal((number, expected), (number, FilterMachine.Run(filter, architecture, number)));
    }

    [Theory]
    [InlineData("SCMP_ACT_KILL", 0u)]
    [InlineData("SCMP_ACT_KILL_THREAD", 0u)]
    [InlineData("SCMP_ACT_KILL_PROCESS", Kill)]
    [InlineData("SCMP_ACT_TRAP", 0x30000u)]
    [InlineData("SCMP_ACT_ERRNO", Eperm)]
    [InlineData("SCMP_ACT_TRACE", 0x7FF00001u)]
    [InlineData("SCMP_ACT_LOG", 0x7FFC0000u)]
    public void Every_action_is_the_kernels(string action, uint value) => Assert.Equal(value, FilterMachine.Run(
        Filter($$"""{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdir"],"action":"{{action}}"}]}"""), X64, 83));

    [Theory]
    [InlineData("""{"syscalls":[]}""", "defaultAction")]
    [InlineData("""{"defaultAction":"SCMP_ACT_SOMETHING"}""", "unknown action")]
    [InlineData("""{"defaultAction":"SCMP_ACT_ALLOW","defaultErrnoRet":5}""", "takes no defaultErrnoRet")]
    [InlineData("""{"defaultAction":"SCMP_ACT_ALLOW","architectures":["SCMP_ARCH_Z80"]}""", "unknown architecture")]
    [InlineData("""{"defaultAction":"SCMP_ACT_NOTIFY","listenerPath":"/s"}""", "can't be the default")]
    [InlineData("""{"defaultAction":"SCMP_ACT_ALLOW","listenerPath":"/s"}""", "no rule has SCMP_ACT_NOTIFY")]
    [InlineData("""{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdir"],"action":"SCMP_ACT_NOTIFY"}]}""", "listenerPath: is missing")]
    [InlineData("""{"defaultAction":"SCMP_ACT_ALLOW","listenerPath":"/s","syscalls":[{"names":["write"],"action":"SCMP_ACT_NOTIFY"}]}""", "can't be for write")]
    [InlineData("""{"defaultAction":"SCMP_ACT_ALLOW","flags":["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"]}""", "needs a rule with SCMP_ACT_NOTIFY")]
    [InlineData("""{"defaultAction":"SCMP_ACT_ALLOW","flags":["SECCOMP_FILTER_FLAG_X"]}""", "SECCOMP_FILTER_FLAG_X")]
    public void A_profile_that_makes_no_sense_is_refused(string seccomp, string problem) =>
        Assert.Contains(problem, Assert.Throws<ConfigException>(() => Filter(seccomp)).Message, StringComparison.Ordinal);
}
