namespace Orchestrator.NodeAgent.Images;

/// <summary>What kind of trouble an image gave.</summary>
public enum ImageFault
{
    /// <summary>The registry answered, and has no such image.</summary>
    NotFound,

    /// <summary>The registry wants credentials that we don't have, or refuses those we have.</summary>
    Unauthorized,

    /// <summary>The registry could not be reached or did not answer well.</summary>
    Unreachable,

    /// <summary>The content is not what it says it is, or is more than the limits allow.</summary>
    Invalid,

    /// <summary>The name is not an image name.</summary>
    BadName,

    /// <summary>The policy says Never, and the image is not here.</summary>
    NeverPulled,
}

/// <summary>
/// An image that could not be had, in words that a user of the cluster understands.
/// The fault says whether trying again can help.
/// </summary>
public sealed class ImageException(ImageFault fault, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>The kind of trouble.</summary>
    public ImageFault Fault { get; } = fault;
}
