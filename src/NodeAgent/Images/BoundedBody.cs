namespace Orchestrator.NodeAgent.Images;

/// <summary>
/// Reads an HTTP answer into memory, up to a limit: what a server says about its length is not believed.
/// </summary>
static class BoundedBody
{
    const int FirstBytes = 16 * 1024;

    public static async Task<byte[]> ReadAsync(HttpResponseMessage response, int limitBytes, string what, CancellationToken cancel)
    {
        await using var body = await response.Content.ReadAsStreamAsync(cancel);
        var buffer = new byte[FirstBytes];
        var filled = 0;
        while (true)
        {
            if (filled == buffer.Length)
                Array.Resize(ref buffer, buffer.Length * 2);
            var read = await body.ReadAsync(buffer.AsMemory(filled), cancel);
            if (read == 0)
                return buffer.AsSpan(0, filled).ToArray();
            filled += read;
            if (filled > limitBytes)
                throw new ImageException(ImageFault.Invalid, $"{what} is larger than {limitBytes} bytes");
        }
    }
}
