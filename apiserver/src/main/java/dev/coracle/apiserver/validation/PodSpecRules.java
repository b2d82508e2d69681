package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.api.validation.NameRules;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The specification of a Pod, in a Pod or in a template. */
final class PodSpecRules {

  private static final List<String> RESTART = List.of("Always", "OnFailure", "Never");
  private static final List<String> DNS =
      List.of("ClusterFirstWithHostNet", "ClusterFirst", "Default", "None");
  private static final List<String> EFFECTS =
      List.of("NoSchedule", "PreferNoSchedule", "NoExecute");
  private static final List<String> PREEMPTION = List.of("PreemptLowerPriority", "Never");

  private PodSpecRules() {}

  /** Of a template. */
  static void check(JsonNode spec, FieldPath path, FieldErrors errors) {
    check(spec, "", path, errors);
  }

  /**
   * @param pod the name of the Pod; empty for a template, which is held to a little less
   */
  static void check(JsonNode spec, String pod, FieldPath path, FieldErrors errors) {
    Map<String, JsonNode> volumes =
        VolumeRules.check(spec.path("volumes"), pod, path.child("volumes"), errors);
    PodClaimRules.check(spec.path("resourceClaims"), path.child("resourceClaims"), errors);
    containers(spec, pod.isEmpty(), volumes, path, errors);
    PodResourceRules.check(spec, path, errors);
    PodHostRules.ownUsers(spec, path, errors);
    choice(spec, "restartPolicy", RESTART, path, errors);
    choice(spec, "dnsPolicy", DNS, path, errors);
    if (Nodes.set(spec, "activeDeadlineSeconds")) {
      long seconds = spec.path("activeDeadlineSeconds").asLong();
      if (seconds < 1 || seconds > Integer.MAX_VALUE) {
        errors.invalid(
            path, "activeDeadlineSeconds", seconds, "must be between 1 and 2147483647, inclusive");
      }
    }
    String account = Nodes.text(spec, "serviceAccountName");
    if (!account.isEmpty()) {
      errors.invalid(path, "serviceAccountName", account, NameRules.dnsSubdomain(account));
    }
    String node = Nodes.text(spec, "nodeName");
    if (!node.isEmpty()) {
      errors.invalid(path, "nodeName", node, NameRules.dnsSubdomain(node));
    }
    label(spec, "hostname", path, errors);
    label(spec, "subdomain", path, errors);
    MetaRules.labels(spec.path("nodeSelector"), path, "nodeSelector", errors);
    String runtime = Nodes.text(spec, "runtimeClassName");
    if (!runtime.isEmpty()) {
      errors.invalid(path, "runtimeClassName", runtime, NameRules.dnsSubdomain(runtime));
    }
    String priority = Nodes.text(spec, "priorityClassName");
    if (!priority.isEmpty()) {
      errors.invalid(path, "priorityClassName", priority, NameRules.dnsSubdomain(priority));
    }
    SecurityContextRules.pod(spec, path.child("securityContext"), errors);
    WindowsRules.onHost(spec, path, errors);
    tolerations(spec.path("tolerations"), path.child("tolerations"), errors);
    AffinityRules.check(spec.path("affinity"), path.child("affinity"), errors);
    SpreadRules.check(
        spec.path("topologySpreadConstraints"), path.child("topologySpreadConstraints"), errors);
    gates(spec, path, errors);
    PodHostRules.dns(spec, path, errors);
    PodHostRules.os(spec, path, errors);
    if (Nodes.set(spec, "preemptionPolicy")) {
      choice(spec, "preemptionPolicy", PREEMPTION, path, errors);
    }
    PodHostRules.names(spec, path, errors);
    if (Nodes.set(spec, "overhead")) {
      ResourceRules.limits(spec.path("overhead"), path.child("overhead"), errors);
    }
  }

  private static void containers(
      JsonNode spec,
      boolean template,
      Map<String, JsonNode> volumes,
      FieldPath path,
      FieldErrors errors) {
    if (!Nodes.has(spec, "containers")) {
      errors.required(path, "containers");
    }
    ContainerRules rules = new ContainerRules(spec, template, volumes, errors);
    FieldPath containers = path.child("containers");
    Set<String> hostPorts = new HashSet<>();
    int i = 0;
    for (JsonNode c : spec.path("containers")) {
      rules.container(c, containers.index(i), hostPorts);
      if (spec.path("hostNetwork").asBoolean()) {
        hostPorts(c.path("ports"), template, containers.index(i).child("ports"), errors);
      }
      i++;
    }
    i = 0;
    for (JsonNode c : spec.path("initContainers")) {
      rules.initContainer(c, path.child("initContainers").index(i++));
    }
    Set<String> others = Set.copyOf(rules.names());
    i = 0;
    for (JsonNode c : spec.path("ephemeralContainers")) {
      rules.ephemeral(c, path.child("ephemeralContainers").index(i++), others);
    }
  }

  /** Where a Pod has the node's network, its ports are the node's; templates may leave that out. */
  private static void hostPorts(
      JsonNode ports, boolean template, FieldPath path, FieldErrors errors) {
    int i = 0;
    for (JsonNode port : ports) {
      int number = port.path("containerPort").asInt(0);
      int hostPort = port.path("hostPort").asInt(0);
      if (hostPort != number && !(template && hostPort == 0)) {
        errors.invalid(
            path.index(i),
            "hostPort",
            hostPort,
            "must match `containerPort` when `hostNetwork` is true");
      }
      i++;
    }
  }

  private static void label(JsonNode spec, String field, FieldPath path, FieldErrors errors) {
    String value = Nodes.text(spec, field);
    if (!value.isEmpty()) {
      errors.invalid(path, field, value, NameRules.dnsLabel(value));
    }
  }

  static void choice(
      JsonNode node, String field, Collection<String> allowed, FieldPath path, FieldErrors errors) {
    String value = Nodes.text(node, field);
    if (value.isEmpty()) {
      errors.required(path, field);
    } else if (!allowed.contains(value)) {
      errors.unsupported(path, field, value, allowed);
    }
  }

  private static void gates(JsonNode spec, FieldPath path, FieldErrors errors) {
    Set<String> seen = new HashSet<>();
    int i = 0;
    for (JsonNode gate : spec.path("schedulingGates")) {
      FieldPath at = path.child("schedulingGates").index(i++);
      String name = Nodes.text(gate, "name");
      errors.invalid(at, "", name, NameRules.qualifiedName(name));
      if (!seen.add(name)) {
        errors.duplicate(at, "", name);
      }
    }
    i = 0;
    for (JsonNode gate : spec.path("readinessGates")) {
      String type = Nodes.text(gate, "conditionType");
      errors.invalid(
          path.child("readinessGates").index(i++),
          "conditionType",
          type,
          NameRules.qualifiedName(type));
    }
  }

  static void tolerations(JsonNode list, FieldPath path, FieldErrors errors) {
    int i = 0;
    for (JsonNode t : list) {
      FieldPath at = path.index(i++);
      String key = Nodes.text(t, "key");
      String operator = Nodes.text(t, "operator");
      String effect = Nodes.text(t, "effect");
      String value = Nodes.text(t, "value");
      if (!key.isEmpty()) {
        errors.invalid(at, "key", key, NameRules.qualifiedName(key));
      } else if (!operator.equals("Exists")) {
        errors.invalid(
            at,
            "operator",
            operator,
            "operator must be Exists when `key` is empty, which means \"match all values and all"
                + " keys\"");
      }
      if (Nodes.set(t, "tolerationSeconds") && !effect.equals("NoExecute")) {
        errors.invalid(
            at, "effect", effect, "effect must be 'NoExecute' when `tolerationSeconds` is set");
      }
      switch (operator) {
        case "Equal", "" -> errors.invalid(at, "operator", value, NameRules.labelValue(value));
        case "Exists" -> {
          if (!value.isEmpty()) {
            errors.invalid(
                at, "operator", value, "value must be empty when `operator` is 'Exists'");
          }
        }
        case "Lt", "Gt" -> {
          if (!value.matches("-?\\d{1,18}")) {
            errors.invalid(
                at, "operator", value, "value must be an integer when `operator` is 'Lt' or 'Gt'");
          }
        }
        default ->
            errors.unsupported(at, "operator", operator, List.of("Equal", "Exists", "Lt", "Gt"));
      }
      if (!effect.isEmpty() && !EFFECTS.contains(effect)) {
        errors.unsupported(at, "effect", effect, EFFECTS);
      }
    }
  }
}
