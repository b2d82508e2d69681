package dev.coracle.apiserver.internal.policy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.Set;

/** Puts a policy in force for some requests, with some parameters. */
record PolicyBinding(
    String name, String policyName, JsonNode paramRef, MatchResources match, Set<String> actions) {

  static PolicyBinding of(KubeObject binding) {
    Set<String> actions = new LinkedHashSet<>();
    binding.at("spec", "validationActions").forEach(a -> actions.add(a.asText()));
    return new PolicyBinding(
        binding.name(),
        binding.text("spec", "policyName"),
        binding.at("spec", "paramRef"),
        MatchResources.of(binding.at("spec", "matchResources")),
        Collections.unmodifiableSet(actions));
  }
}
