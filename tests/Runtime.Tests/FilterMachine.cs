using System.Buffers.Binary;

namespace Orchestrator.Runtime.Tests;

/// <summary>Runs a seccomp filter as the kernel does (Documentation/networking/filter): those classic BPF instructions that one is made of.</summary>
static class FilterMachine
{
    const int InstructionBytes = 8;

    public static uint Run(byte[] program, uint architecture, uint number, params ReadOnlySpan<ulong> arguments)
    {
        // struct seccomp_data: nr, arch, instruction pointer, six arguments.
        var data = new byte[64];
        BinaryPrimitives.WriteUInt32LittleEndian(data, number);
        BinaryPrimitives.WriteUInt32LittleEndian(data.AsSpan(4), architecture);
        for (var i = 0; i < arguments.Length; i++) BinaryPrimitives.WriteUInt64LittleEndian(data.AsSpan(16 + i * 8), arguments[i]);
        uint accumulator = 0;
        for (var at = 0; ; at++)
        {
            var instruction = program.AsSpan(at * InstructionBytes, InstructionBytes);
            var code = BinaryPrimitives.ReadUInt16LittleEndian(instruction);
            var value = BinaryPrimitives.ReadUInt32LittleEndian(instruction[4..]);
            switch (code)
            {
                case 0x20: accumulator = BinaryPrimitives.ReadUInt32LittleEndian(data.AsSpan((int)value)); break;
                case 0x54: accumulator &= value; break;
                case 0x05: at += (int)value; break;
                case 0x15: at += accumulator == value ? instruction[2] : instruction[3]; break;
                case 0x25: at += accumulator > value ? instruction[2] : instruction[3]; break;
                case 0x35: at += accumulator >= value ? instruction[2] : instruction[3]; break;
                case 0x06: return value;
                default: throw new InvalidOperationException($"instruction {code:x} at {at}");
            }
        }
    }
}
