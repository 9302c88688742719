using Microsoft.AspNetCore.Http;

namespace Orchestrator.Ingress;

/// <summary>
/// Takes away what a client says about who it is and what it asked for, in the headers in which services expect the proxy's own word. YARP then sets
/// X-Forwarded-For, -Host and -Proto. Source: RFC 7239, section 8.1.
/// </summary>
sealed class OwnWord(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext context)
    {
        List<string>? claims = null;
        foreach (var (name, _) in context.Request.Headers)
            if (IsClaim(name)) (claims ??= []).Add(name);
        foreach (var name in claims ?? []) context.Request.Headers.Remove(name);
        return next(context);
    }

    // Many frameworks see no difference between X_Forwarded_For and X-Forwarded-For.
    static bool IsClaim(string name)
    {
        if (name.Length == 0 || name[0] is not ('x' or 'X' or 'f' or 'F')) return false;
        var plain = name.Replace('_', '-');
        return plain.StartsWith("X-Forwarded-", StringComparison.OrdinalIgnoreCase)
            || plain.Equals("X-Real-IP", StringComparison.OrdinalIgnoreCase)
            || plain.Equals("Forwarded", StringComparison.OrdinalIgnoreCase);
    }
}
