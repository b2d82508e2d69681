package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.api.validation.NameRules;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
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

  static void check(JsonNode spec, FieldPath path, FieldErrors errors) {
    Set<String> volumes = VolumeRules.check(spec.path("volumes"), path.child("volumes"), errors);
    Set<String> names = new HashSet<>();
    if (!Nodes.has(spec, "containers")) {
      errors.required(path, "containers");
    }
    ContainerRules rules = new ContainerRules(spec, volumes, names, errors);
    FieldPath containers = path.child("containers");
    Set<String> hostPorts = new HashSet<>();
    int i = 0;
    for (JsonNode c : spec.path("containers")) {
      rules.container(c, containers.index(i), hostPorts);
      if (spec.path("hostNetwork").asBoolean()) {
        hostPorts(c.path("ports"), containers.index(i).child("ports"), errors);
      }
      i++;
    }
    i = 0;
    for (JsonNode c : spec.path("initContainers")) {
      rules.initContainer(c, path.child("initContainers").index(i));
      i++;
    }
    Set<String> others = Set.copyOf(names);
    i = 0;
    for (JsonNode c : spec.path("ephemeralContainers")) {
      rules.ephemeral(c, path.child("ephemeralContainers").index(i), others);
      i++;
    }
    PodResourceRules.check(spec, path, errors);
    ownUsers(spec, path, errors);
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
    SecurityContextRules.pod(spec.path("securityContext"), path.child("securityContext"), errors);
    SysctlRules.check(
        spec.path("securityContext").path("sysctls"),
        path.child("securityContext").child("sysctls"),
        errors);
    WindowsRules.onHost(spec, path, errors);
    tolerations(spec.path("tolerations"), path.child("tolerations"), errors);
    affinity(spec.path("affinity"), path.child("affinity"), errors);
    SpreadRules.check(
        spec.path("topologySpreadConstraints"), path.child("topologySpreadConstraints"), errors);
    gates(spec, path, errors);
    PodHostRules.dns(spec, path, errors);
    PodHostRules.os(spec, path, errors);
    if (Nodes.set(spec, "preemptionPolicy")) {
      choice(spec, "preemptionPolicy", PREEMPTION, path, errors);
    }
    int alias = 0;
    for (JsonNode a : spec.path("hostAliases")) {
      FieldPath at = path.child("hostAliases").index(alias++);
      Addresses.ip(Nodes.text(a, "ip"), at, "ip", errors);
      int h = 0;
      for (JsonNode host : a.path("hostnames")) {
        errors.invalid(
            at.child("hostnames").index(h++),
            "",
            host.asText(),
            NameRules.dnsSubdomain(host.asText()));
      }
    }
  }

  /** Where a Pod has the node's network, its ports are the node's; templates may leave that out. */
  private static void hostPorts(JsonNode ports, FieldPath path, FieldErrors errors) {
    int i = 0;
    for (JsonNode port : ports) {
      int number = port.path("containerPort").asInt(0);
      int hostPort = port.path("hostPort").asInt(0);
      if (hostPort != 0 && hostPort != number) {
        errors.invalid(
            path.index(i),
            "hostPort",
            hostPort,
            "must match `containerPort` when `hostNetwork` is true");
      }
      i++;
    }
  }

  /** What a pod with users of its own cannot have (KEP-127). */
  private static void ownUsers(JsonNode spec, FieldPath path, FieldErrors errors) {
    if (spec.path("hostUsers").asBoolean(true)) {
      return;
    }
    for (String field : List.of("hostNetwork", "hostPID", "hostIPC")) {
      if (spec.path(field).asBoolean(false)) {
        errors.forbidden(path, field, "when `hostUsers` is false");
      }
    }
    for (String kind : List.of("containers", "initContainers", "ephemeralContainers")) {
      int i = 0;
      for (JsonNode container : spec.path(kind)) {
        FieldPath at = path.child(kind).index(i++);
        if (Nodes.has(container, "volumeDevices")) {
          errors.forbidden(at, "volumeDevices", "when `hostUsers` is false");
        }
      }
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

  private static void affinity(JsonNode affinity, FieldPath path, FieldErrors errors) {
    if (affinity.isEmpty()) {
      return;
    }
    JsonNode node = affinity.path("nodeAffinity");
    if (Nodes.set(node, "requiredDuringSchedulingIgnoredDuringExecution")) {
      SelectorRules.node(
          node.path("requiredDuringSchedulingIgnoredDuringExecution"),
          path.child("nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution"),
          errors);
    }
    int i = 0;
    for (JsonNode p : node.path("preferredDuringSchedulingIgnoredDuringExecution")) {
      FieldPath at =
          path.child("nodeAffinity", "preferredDuringSchedulingIgnoredDuringExecution").index(i++);
      weight(p, at, errors);
      SelectorRules.term(p.path("preference"), at.child("preference"), errors);
    }
    for (String kind : new String[] {"podAffinity", "podAntiAffinity"}) {
      JsonNode a = affinity.path(kind);
      int j = 0;
      for (JsonNode t : a.path("requiredDuringSchedulingIgnoredDuringExecution")) {
        podTerm(
            t,
            path.child(kind, "requiredDuringSchedulingIgnoredDuringExecution").index(j++),
            errors);
      }
      j = 0;
      for (JsonNode p : a.path("preferredDuringSchedulingIgnoredDuringExecution")) {
        FieldPath at =
            path.child(kind, "preferredDuringSchedulingIgnoredDuringExecution").index(j++);
        weight(p, at, errors);
        podTerm(p.path("podAffinityTerm"), at.child("podAffinityTerm"), errors);
      }
    }
  }

  private static void weight(JsonNode preferred, FieldPath at, FieldErrors errors) {
    int weight = preferred.path("weight").asInt();
    if (weight < 1 || weight > 100) {
      errors.invalid(at, "weight", weight, "must be in the range 1-100");
    }
  }

  private static void podTerm(JsonNode term, FieldPath at, FieldErrors errors) {
    if (Nodes.set(term, "labelSelector")) {
      SelectorRules.label(term.path("labelSelector"), at.child("labelSelector"), errors);
    }
    if (Nodes.set(term, "namespaceSelector")) {
      SelectorRules.label(term.path("namespaceSelector"), at.child("namespaceSelector"), errors);
    }
    for (JsonNode namespace : term.path("namespaces")) {
      errors.invalid(at, "namespace", namespace.asText(), NameRules.dnsLabel(namespace.asText()));
    }
    LabelKeyRules.term(term, at, errors);
    String key = Nodes.text(term, "topologyKey");
    if (key.isEmpty()) {
      errors.required(at, "topologyKey", "can not be empty");
    }
    errors.invalid(at, "topologyKey", key, NameRules.qualifiedName(key));
  }
}
