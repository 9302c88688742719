using Orchestrator.Model.Meta;

namespace Orchestrator.Reconcile;

/// <summary>Who belongs to whom.</summary>
static class Owners
{
    public static OwnerReference ReferenceTo(Resource owner) => new()
    {
        ApiVersion = owner.ApiVersion,
        Kind = owner.Kind,
        Name = owner.Name,
        Uid = owner.Metadata.Uid ?? "",
        Controller = true,
        BlockOwnerDeletion = true,
    };

    public static bool IsControlledBy(this Resource resource, Resource owner) =>
        resource.Metadata.Controller()?.Uid is { } uid && uid == owner.Metadata.Uid;
}
