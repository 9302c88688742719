// Clusters of several tests at once would only wait for each other's processor time.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
