using System.Collections.Frozen;
using Orchestrator.Contracts;

namespace Orchestrator.Ingress;

/// <summary>What authorities are to be told at the moment that ask for names of this cluster.</summary>
sealed class Challenges
{
    volatile FrozenDictionary<(string Host, string Token), string> _answers = FrozenDictionary<(string Host, string Token), string>.Empty;

    public void Publish(IEnumerable<Challenge> challenges) =>
        _answers = challenges.GroupBy(each => (each.Host.ToLowerInvariant(), each.Token)).ToFrozenDictionary(same => same.Key, same => same.First().Answer);

    /// <returns>Null when nobody is asked that.</returns>
    public string? AnswerTo(string host, string token) => _answers.Count == 0 ? null : _answers.GetValueOrDefault((host.ToLowerInvariant(), token));
}
