package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.api.validation.NameRules;
import dev.coracle.api.validation.SemanticVersion;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Leases, and who would like to hold them. */
final class LeaseRules {

  private static final String OLDEST = "OldestEmulationVersion";
  private static final SemanticVersion ZERO = new SemanticVersion(0, 0, 0, List.of(), "");

  private LeaseRules() {}

  static final class Lease implements KindRules {
    @Override
    public void check(ObjectNode lease, FieldErrors errors) {
      JsonNode spec = lease.path("spec");
      if (Nodes.set(spec, "leaseDurationSeconds")
          && spec.path("leaseDurationSeconds").asInt() <= 0) {
        errors.invalid(
            FieldPath.SPEC,
            "leaseDurationSeconds",
            spec.path("leaseDurationSeconds").asInt(),
            "must be greater than 0");
      }
      if (spec.path("leaseTransitions").asInt(0) < 0) {
        errors.invalid(
            FieldPath.SPEC,
            "leaseTransitions",
            spec.path("leaseTransitions").asInt(),
            "must be greater than or equal to 0");
      }
      if (Nodes.set(spec, "strategy")) {
        strategy(Nodes.text(spec, "strategy"), errors);
      }
      if (Nodes.has(spec, "preferredHolder") && !Nodes.has(spec, "strategy")) {
        errors.forbidden(
            FieldPath.SPEC, "preferredHolder", "may only be specified if `strategy` is defined");
      }
    }
  }

  static final class Candidate implements KindRules {
    @Override
    public List<String> name(String name) {
      return NameRules.configKey(name);
    }

    @Override
    public void check(ObjectNode candidate, FieldErrors errors) {
      JsonNode spec = candidate.path("spec");
      if (!Nodes.has(spec, "leaseName")) {
        errors.required(FieldPath.SPEC, "leaseName");
      }
      SemanticVersion emulation = version(spec, "emulationVersion", errors);
      if (!Nodes.has(spec, "binaryVersion")) {
        errors.required(FieldPath.SPEC, "binaryVersion");
      }
      SemanticVersion binary = version(spec, "binaryVersion", errors);
      // What cannot be read counts as no version at all.
      if (Nodes.has(spec, "binaryVersion")
          && emulation != null
          && (binary == null ? ZERO : binary).compareTo(emulation) < 0) {
        errors.invalid(
            FieldPath.SPEC,
            "binaryVersion",
            Nodes.text(spec, "binaryVersion"),
            "must be greater than or equal to `emulationVersion`");
      }
      String strategy = Nodes.text(spec, "strategy");
      if (strategy.isEmpty()) {
        errors.required(FieldPath.SPEC, "strategy");
        return;
      }
      if (strategy.equals(OLDEST) && (emulation == null || emulation.compareTo(ZERO) == 0)) {
        errors.required(
            FieldPath.SPEC,
            "emulationVersion",
            "must be specified when `strategy` is 'OldestEmulationVersion'");
      }
      strategy(strategy, errors);
    }

    @Override
    public void checkUpdate(ObjectNode now, JsonNode before, FieldErrors errors) {
      MetaRules.immutable(
          now.path("spec"), before.path("spec"), FieldPath.SPEC, "leaseName", errors);
    }

    private static @Nullable SemanticVersion version(
        JsonNode spec, String field, FieldErrors errors) {
      String text = Nodes.text(spec, field);
      SemanticVersion version = SemanticVersion.parse(text);
      if (version == null && !text.isEmpty()) {
        errors.invalid(FieldPath.SPEC, field, text, "must be a valid semantic version");
      }
      return version;
    }
  }

  /** Kubernetes' own strategy, or one with a domain. The path is upstream's, with its doubling. */
  private static void strategy(String strategy, FieldErrors errors) {
    FieldPath at = FieldPath.SPEC.child("strategy");
    if (strategy.indexOf('/') >= 0) {
      errors.invalid(at, "strategy", strategy, NameRules.qualifiedName(strategy));
    } else if (!strategy.equals(OLDEST)) {
      errors.unsupported(at, "strategy", strategy, Set.of(OLDEST));
    }
  }
}
