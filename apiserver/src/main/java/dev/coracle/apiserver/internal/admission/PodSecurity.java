package dev.coracle.apiserver.internal.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.apiserver.internal.admission.AdmissionRequest.Operation;
import dev.coracle.apiserver.internal.registry.Backstage;
import dev.coracle.apiserver.internal.registry.LiveCache;
import io.smallrye.mutiny.Uni;
import java.util.List;
import java.util.Map;

/**
 * Holds Pods to the level that their namespace's labels ask for: {@code enforce} refuses, {@code
 * warn} only says so and {@code audit} notes it in the audit log, for workloads too (Kubernetes
 * docs, "Pod Security Admission").
 */
final class PodSecurity implements AdmissionPlugin {

  private static final String LABEL = "pod-security.kubernetes.io/";

  private final LiveCache namespaces;

  PodSecurity(LiveCache namespaces) {
    this.namespaces = namespaces;
  }

  @Override
  public String name() {
    return "PodSecurity";
  }

  @Override
  public Uni<Void> validate(AdmissionRequest request) {
    ObjectNode object = request.object();
    if (object == null
        || request.operation() == Operation.DELETE
        || request.call().namespace().isEmpty()
        || !request.call().subresource().isEmpty()
            && !request.call().subresource().equals("ephemeralcontainers")) {
      return Backstage.DONE;
    }
    boolean pod = request.resource().toString().equals("pods");
    JsonNode template = pod ? object : template(request, object);
    if (template.isMissingNode()) {
      return Backstage.DONE;
    }
    KubeObject before = request.before();
    if (pod && before != null && before.at("spec").equals(object.path("spec"))) {
      return Backstage.DONE;
    }
    Map<String, String> labels =
        namespaces.get("", request.call().namespace()).map(KubeObject::labels).orElse(Map.of());
    String enforce = labels.getOrDefault(LABEL + "enforce", "privileged");
    String audit = labels.getOrDefault(LABEL + "audit", "privileged");
    String warn = labels.getOrDefault(LABEL + "warn", "privileged");
    List<String> audited = PodSecurityStandards.check(audit, template);
    if (!audited.isEmpty()) {
      request.annotate(LABEL + "audit-violations", would(labels, "audit", audit, audited));
    }
    if (pod) {
      request.annotate(LABEL + "enforce-policy", policy(labels, "enforce", enforce));
      List<String> problems = PodSecurityStandards.check(enforce, template);
      if (!problems.isEmpty()) {
        throw Refusal.of(request, violation(labels, "enforce", enforce, problems));
      }
    }
    List<String> warnings = PodSecurityStandards.check(warn, template);
    if (!warnings.isEmpty()) {
      request.call().warnings().add(would(labels, "warn", warn, warnings));
    }
    return Backstage.DONE;
  }

  private static String would(
      Map<String, String> labels, String mode, String level, List<String> problems) {
    return "would " + violation(labels, mode, level, problems).replaceFirst("violates", "violate");
  }

  private static String violation(
      Map<String, String> labels, String mode, String level, List<String> problems) {
    return "violates PodSecurity \""
        + policy(labels, mode, level)
        + "\": "
        + String.join(", ", problems);
  }

  private static String policy(Map<String, String> labels, String mode, String level) {
    return level + ":" + labels.getOrDefault(LABEL + mode + "-version", "latest");
  }

  private static JsonNode template(AdmissionRequest request, ObjectNode object) {
    return switch (request.resource().toString()) {
      case "deployments.apps",
          "replicasets.apps",
          "statefulsets.apps",
          "daemonsets.apps",
          "jobs.batch",
          "replicationcontrollers" ->
          object.path("spec").path("template");
      case "cronjobs.batch" ->
          object.path("spec").path("jobTemplate").path("spec").path("template");
      case "podtemplates" -> object.path("template");
      default -> object.path("no template");
    };
  }
}
