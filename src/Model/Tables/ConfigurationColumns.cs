using System.Globalization;
using Orchestrator.Model.Configuration;

namespace Orchestrator.Model.Tables;

/// <summary>What a list shows of ConfigMaps and Secrets: how much there is, and nothing of it.</summary>
static class ConfigurationColumns
{
    public static readonly Column ConfigMapData = new("DATA", static (resource, _) =>
        (((ConfigMap)resource).Data.Count + ((ConfigMap)resource).BinaryData.Count).ToString(CultureInfo.InvariantCulture));

    public static readonly Column SecretType = new("TYPE", static (resource, _) => ((Secret)resource).Type);

    public static readonly Column SecretData = new("DATA", static (resource, _) => ((Secret)resource).Data.Count.ToString(CultureInfo.InvariantCulture));
}
