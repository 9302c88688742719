using System.Globalization;
using System.Text;
using Orchestrator.Runtime.Spec;
using Orchestrator.Runtime.Syscalls;

namespace Orchestrator.Runtime.Launch;

/// <summary>
/// The socket by which a container's program tells that it is ready (sd_notify(3)), where orun is run by a service manager that waits for that. It is bound beside the container's files, shown in
/// the container, and the one word that counts is passed on; the container has no way to the manager itself.
/// </summary>
sealed class NotifySocket : IDisposable
{
    const string Variable = "NOTIFY_SOCKET", Name = "notify", Usual = "/run/notify";
    const string Ready = "READY=1";
    const int DirectoryMode = 0x1ED; // 0755
    const int MostBytes = 4096;

    static readonly string[] Options = ["bind", "nosuid", "nodev", "noexec"];

    readonly Fd _socket;
    readonly string _path, _manager;

    NotifySocket(Fd socket, string path, string manager) => (_socket, _path, _manager) = (socket, path, manager);

    /// <summary>The manager's own; null where nobody waits.</summary>
    public static string? OfManager => Environment.GetEnvironmentVariable(Variable) is { Length: > 1 } path && path[0] is '/' or '@' ? Environment.GetEnvironmentVariable(Variable) : null;

    /// <summary>To be awaited: a word has come.</summary>
    public PollFd Awaited => new(_socket.Number, PollFd.In);

    /// <summary>The configuration with the directory of the socket in it, at the path that the manager's has, as crun has it.</summary>
    /// <param name="config">Of a container whose program is to tell.</param>
    /// <param name="directory">Made here.</param>
    public static ContainerConfig Show(ContainerConfig config, string directory)
    {
        if (OfManager is not { } manager || config.Process is not { } process) return config;
        Kernel.MakeDirectory(directory, DirectoryMode);
        var place = manager[0] == '/' ? manager : Usual;
        return config with
        {
            Mounts = [.. config.Mounts, new MountSpec(place, "bind", directory, MountOptions.Parse(Variable, Options)) { Field = Variable }],
            Process = process with { Env = [.. process.Env.Where(each => !each.StartsWith(Variable + "=", StringComparison.Ordinal)), $"{Variable}={place}/{Name}"] },
        };
    }

    /// <summary>Binds it; null where there is no directory for it, because nobody waited when the container was created.</summary>
    public static NotifySocket? Open(string directory)
    {
        if (OfManager is not { } manager || Kernel.Stat(directory) is null) return null;
        var path = $"{directory}/{Name}";
        Kernel.RemoveFile(path);
        return new NotifySocket(Kernel.BindDatagrams(directory, Name), path, manager);
    }

    /// <summary>Takes away what is left of it.</summary>
    public static void Remove(string directory)
    {
        Kernel.RemoveFile($"{directory}/{Name}");
        Kernel.RemoveDirectory(directory);
    }

    /// <summary>Waits until the program is ready, or has ended; tells the manager, and which process it has to look after.</summary>
    public void AwaitReady(int pid, Fd process)
    {
        while (true)
        {
            PollFd[] waiting = [Awaited, new PollFd(process.Number, PollFd.In)];
            Kernel.Poll(waiting, -1);
            if ((waiting[0].Ready & PollFd.In) != 0 && HasWord())
            {
                Tell(string.Create(CultureInfo.InvariantCulture, $"MAINPID={pid}\n{Ready}"));
                return;
            }

            if ((waiting[1].Ready & PollFd.In) != 0) return;
        }
    }

    /// <summary>Takes what has come and passes the word on.</summary>
    public void PassOn()
    {
        if (HasWord()) Tell(Ready);
    }

    public void Dispose()
    {
        _socket.Dispose();
        Kernel.RemoveFile(_path);
    }

    bool HasWord()
    {
        Span<byte> said = stackalloc byte[MostBytes];
        var length = Kernel.ReadSome(_socket, said);
        return length > 0 && Encoding.UTF8.GetString(said[..length]).Split('\n').Contains(Ready);
    }

    // A manager that has gone no longer waits.
    void Tell(string text) => Kernel.TrySendDatagram(_manager, Encoding.UTF8.GetBytes(text));
}
