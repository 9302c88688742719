using System.Text;
using System.Text.Json.Nodes;
using Orchestrator.Model.Configuration;

namespace Orchestrator.Manifests.Checking;

/// <summary>
/// Puts a Secret's stringData into its data. That is done before a manifest is merged with what is stored, so that a key that is taken out of stringData goes
/// from the data as well; with kubectl it stays for ever.
/// </summary>
static class PlainText
{
    public static void PutIntoData(JsonObject json)
    {
        if ((string?)json["kind"] != Secret.KindName || json["stringData"] is not JsonObject plain) return;
        json.Remove("stringData");
        if (json["data"] is not JsonObject data) json["data"] = data = [];
        foreach (var (key, value) in plain) data[key] = Convert.ToBase64String(Encoding.UTF8.GetBytes((string?)value ?? ""));
    }
}
