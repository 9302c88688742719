// Members of several tests at once take the processor from each other for longer than an election waits.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
