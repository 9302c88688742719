// Mounts, namespaces and two slow cores are shared: tests of different classes take turns.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
