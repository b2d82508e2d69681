package dev.coracle.apiserver.warning;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Quantity;
import dev.coracle.api.validation.FieldPath;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/** Pods and templates of pods that are valid, and hardly meant that way. */
final class PodWarnings {

  private static final List<String> CONTAINERS =
      List.of("initContainers", "containers", "ephemeralContainers");
  private static final Map<String, String> ANNOTATIONS =
      Map.of(
          "scheduler.alpha.kubernetes.io/critical-pod",
          "non-functional in v1.16+; use the \"priorityClassName\" field instead",
          "security.alpha.kubernetes.io/sysctls",
          "non-functional in v1.11+; use the \"sysctls\" field instead",
          "security.alpha.kubernetes.io/unsafe-sysctls",
          "non-functional in v1.11+; use the \"sysctls\" field instead");
  private static final Map<String, String> VOLUMES =
      Map.of(
          "photonPersistentDisk", "deprecated in v1.11, non-functional in v1.16+",
          "gitRepo", "deprecated in v1.11",
          "scaleIO", "deprecated in v1.16, non-functional in v1.22+",
          "flocker", "deprecated in v1.22, non-functional in v1.25+",
          "storageos", "deprecated in v1.22, non-functional in v1.25+",
          "quobyte", "deprecated in v1.22, non-functional in v1.25+",
          "glusterfs", "deprecated in v1.25, non-functional in v1.26+",
          "cephfs", "deprecated in v1.28, non-functional in v1.31+",
          "rbd", "deprecated in v1.28, non-functional in v1.31+");
  private static final String SECCOMP_POD = "seccomp.security.alpha.kubernetes.io/pod";
  private static final String SECCOMP_CONTAINER = "container.seccomp.security.alpha.kubernetes.io/";
  private static final String APPARMOR_CONTAINER =
      "container.apparmor.security.beta.kubernetes.io/";
  private static final String SECCOMP =
      "non-functional in v1.27+; use the \"seccompProfile\" field instead";
  private static final String APPARMOR =
      "deprecated since v1.30; use the \"appArmorProfile\" field instead";
  private static final String NO_SELECTOR = "a null labelSelector results in matching no pod";

  private final JsonNode spec;
  private final JsonNode annotations;
  private final FieldPath path;
  private final FieldPath specPath;
  private final Consumer<String> to;

  /**
   * @param pod the pod or the template
   * @param path of it
   */
  PodWarnings(JsonNode pod, FieldPath path, Consumer<String> to) {
    this.spec = pod.path("spec");
    this.annotations = pod.path("metadata").path("annotations");
    this.path = path;
    this.specPath = path.child("spec");
    this.to = to;
  }

  void tell() {
    placement();
    annotations();
    volumes();
    tokenPaths();
    duplicates("hostAliases", "ip", "duplicate ip");
    duplicates("imagePullSecrets", "name", "duplicate name");
    int i = 0;
    for (JsonNode secret : spec.path("imagePullSecrets")) {
      if (secret.path("name").asText("").isEmpty()) {
        say(specPath.child("imagePullSecrets").index(i), "name", "invalid empty name \"\"");
      }
      i++;
    }
    fractions(spec.path("overhead"), specPath.child("overhead"));
    containers(this::container);
    ports();
    if (spec.path("terminationGracePeriodSeconds").asLong(0) < 0) {
      say(
          specPath,
          "terminationGracePeriodSeconds",
          "must be >= 0; negative values are invalid and will be treated as 1");
    }
  }

  private void say(FieldPath at, String child, String text) {
    to.accept(at.child(child) + ": " + text);
  }

  private void containers(BiConsumer<JsonNode, FieldPath> visitor) {
    for (String list : CONTAINERS) {
      int i = 0;
      for (JsonNode container : spec.path(list)) {
        visitor.accept(container, specPath.child(list).index(i++));
      }
    }
  }

  private void placement() {
    NodeLabelWarnings.labels(spec.path("nodeSelector"), specPath.child("nodeSelector"), to);
    JsonNode affinity = spec.path("affinity");
    FieldPath at = specPath.child("affinity");
    String required = "requiredDuringSchedulingIgnoredDuringExecution";
    String preferred = "preferredDuringSchedulingIgnoredDuringExecution";
    JsonNode node = affinity.path("nodeAffinity");
    FieldPath nodePath = at.child("nodeAffinity");
    NodeLabelWarnings.terms(
        node.path(required).path("nodeSelectorTerms"),
        nodePath.child(required, "nodeSelectorTerms"),
        to);
    int i = 0;
    for (JsonNode term : node.path(preferred)) {
      NodeLabelWarnings.expressions(
          term.path("preference"), nodePath.child(preferred).index(i++).child("preference"), to);
    }
    i = 0;
    for (JsonNode spread : spec.path("topologySpreadConstraints")) {
      FieldPath here = specPath.child("topologySpreadConstraints").index(i++);
      String key = spread.path("topologyKey").asText("");
      NodeLabelWarnings.of(key).ifPresent(text -> say(here, "topologyKey", key + " is " + text));
      selector(spread, here);
    }
    for (String kind : List.of("podAffinity", "podAntiAffinity")) {
      FieldPath kindPath = at.child(kind);
      i = 0;
      for (JsonNode term : affinity.path(kind).path(required)) {
        selector(term, kindPath.child(required).index(i++));
      }
      i = 0;
      for (JsonNode term : affinity.path(kind).path(preferred)) {
        selector(
            term.path("podAffinityTerm"),
            kindPath.child(preferred).index(i++).child("podAffinityTerm"));
      }
    }
  }

  private void selector(JsonNode term, FieldPath at) {
    if (!term.hasNonNull("labelSelector")) {
      say(at, "labelSelector", NO_SELECTOR);
    }
  }

  private void annotations() {
    if (annotations.isEmpty()) {
      return;
    }
    ANNOTATIONS.forEach((key, text) -> {
      if (annotations.has(key)) {
        annotation(key, text);
      }
    });
    JsonNode security = spec.path("securityContext");
    if (annotations.has(SECCOMP_POD) && !security.hasNonNull("seccompProfile")) {
      annotation(SECCOMP_POD, SECCOMP);
    }
    containers((container, at) -> {
      String name = container.path("name").asText("");
      JsonNode own = container.path("securityContext");
      if (annotations.has(SECCOMP_CONTAINER + name) && !own.hasNonNull("seccompProfile")) {
        annotation(SECCOMP_CONTAINER + name, SECCOMP);
      }
      // A Pod's own annotations become fields before anybody is warned, who is told then.
      if (path != FieldPath.ROOT
          && annotations.has(APPARMOR_CONTAINER + name)
          && !own.hasNonNull("appArmorProfile")
          && !security.hasNonNull("appArmorProfile")) {
        annotation(APPARMOR_CONTAINER + name, APPARMOR);
      }
    });
  }

  private void annotation(String key, String text) {
    to.accept(path.child("metadata", "annotations").key(key) + ": " + text);
  }

  private void volumes() {
    int i = 0;
    for (JsonNode volume : spec.path("volumes")) {
      FieldPath at = specPath.child("volumes").index(i++);
      volume
          .fieldNames()
          .forEachRemaining(source -> {
            String text = VOLUMES.get(source);
            if (text != null) {
              say(at, source, text);
            }
          });
      JsonNode template = volume.path("ephemeral").path("volumeClaimTemplate");
      if (template.isObject()) {
        claim(template.path("spec"), at.child("ephemeral", "volumeClaimTemplate", "spec"), to);
      }
    }
  }

  /** Of a claim's spec. */
  static void claim(JsonNode spec, FieldPath at, Consumer<String> to) {
    for (String list : List.of("requests", "limits")) {
      fraction(
          spec.path("resources").path(list).path("storage"),
          at.child("resources", list).key("storage"),
          to);
    }
  }

  /** A file of a projected volume in the place of a token. */
  private void tokenPaths() {
    Set<String> tokens = new HashSet<>();
    for (JsonNode volume : spec.path("volumes")) {
      for (JsonNode source : volume.path("projected").path("sources")) {
        if (source.hasNonNull("serviceAccountToken")) {
          tokens.add(source.path("serviceAccountToken").path("path").asText(""));
        }
      }
    }
    if (tokens.isEmpty()) {
      return;
    }
    int i = 0;
    for (JsonNode volume : spec.path("volumes")) {
      FieldPath at = specPath.child("volumes").index(i++).child("projected", "sources");
      for (JsonNode source : volume.path("projected").path("sources")) {
        items(source, "configMap", "configMap", tokens, at);
        items(source, "secret", "secrets", tokens, at);
        items(source, "downwardAPI", "downwardAPI", tokens, at);
        String bundle = source.path("clusterTrustBundle").path("path").asText("");
        if (tokens.contains(bundle)) {
          say(at, "ClusterTrustBundle", duplicated(bundle));
        }
      }
    }
  }

  private void items(
      JsonNode source, String field, String shown, Set<String> tokens, FieldPath at) {
    int i = 0;
    for (JsonNode item : source.path(field).path("items")) {
      String file = item.path("path").asText("");
      if (tokens.contains(file)) {
        to.accept(at.child(shown).index(i) + ": " + duplicated(file));
      }
      i++;
    }
  }

  private static String duplicated(String file) {
    return "has duplicated path with ServiceAccountToken \"" + file + "\"";
  }

  private void duplicates(String list, String field, String text) {
    Set<String> seen = new HashSet<>();
    int i = 0;
    for (JsonNode item : spec.path(list)) {
      String value = item.path(field).asText("");
      if (!seen.add(value)) {
        say(specPath.child(list).index(i), field, text + " \"" + value + "\"");
      }
      i++;
    }
  }

  private void container(JsonNode container, FieldPath at) {
    fractions(container.path("resources").path("limits"), at.child("resources", "limits"));
    fractions(container.path("resources").path("requests"), at.child("resources", "requests"));
    JsonNode env = container.path("env");
    if (env.size() < 2) {
      return;
    }
    Set<String> seen = new HashSet<>();
    int i = 0;
    for (JsonNode variable : env) {
      String name = variable.path("name").asText("");
      String value = variable.path("value").asText("");
      String reference = "$(" + name + ")";
      // A value that builds on the one before it is meant to stand behind it.
      boolean builds = value.contains(reference) && !value.equals(reference);
      if (!seen.add(name) && (variable.hasNonNull("valueFrom") || !builds)) {
        to.accept(
            at.child("env").index(i)
                + ": hides previous definition of \""
                + name
                + "\", which may be dropped when using apply");
      }
      i++;
    }
  }

  private void fractions(JsonNode amounts, FieldPath at) {
    for (String resource : List.of("memory", "ephemeral-storage")) {
      JsonNode amount = amounts.path(resource);
      if (!amount.isMissingNode()) {
        fraction(amount, at.key(resource), to);
      }
    }
  }

  private static void fraction(JsonNode amount, FieldPath at, Consumer<String> to) {
    Quantity quantity = amount.isMissingNode() ? null : Quantity.tryParse(amount.asText(""));
    if (quantity != null && quantity.value().remainder(BigDecimal.ONE).signum() != 0) {
      to.accept(at + ": fractional byte value \"" + quantity + "\" is invalid, must be an integer");
    }
  }

  /** A port, and where it stands. */
  private record Port(FieldPath at, int hostPort, String hostIp) {}

  private void ports() {
    Map<String, List<Port>> all = new HashMap<>();
    containers((container, at) -> {
      int i = 0;
      for (JsonNode port : container.path("ports")) {
        Port here =
            new Port(
                at.child("ports").index(i++),
                port.path("hostPort").asInt(0),
                port.path("hostIP").asText(""));
        if (!here.hostIp().isEmpty() && here.hostPort() == 0) {
          to.accept(here.at() + ": hostIP set without hostPort: " + shown(port));
        }
        String key = port.path("containerPort").asInt() + "/" + port.path("protocol").asText("TCP");
        List<Port> others = all.computeIfAbsent(key, _ -> new ArrayList<>());
        others.forEach(other -> clash(here, other));
        others.add(here);
      }
    });
  }

  private void clash(Port port, Port other) {
    boolean sameHostPort = port.hostPort() == other.hostPort();
    if (sameHostPort && port.hostIp().equals(other.hostIp())) {
      to.accept(port.at() + ": duplicate port definition with " + other.at());
    } else if (port.hostPort() == 0 || other.hostPort() == 0) {
      to.accept(port.at() + ": overlapping port definition with " + other.at());
    } else if (sameHostPort && port.hostIp().isEmpty() != other.hostIp().isEmpty()) {
      to.accept(port.at() + ": dangerously ambiguous port definition with " + other.at());
    }
  }

  /** As Go prints the port. */
  private static String shown(JsonNode port) {
    Map<String, String> fields = new LinkedHashMap<>();
    fields.put("Name", port.path("name").asText(""));
    fields.put("HostPort", port.path("hostPort").asText("0"));
    fields.put("ContainerPort", port.path("containerPort").asText("0"));
    fields.put("Protocol", port.path("protocol").asText(""));
    fields.put("HostIP", port.path("hostIP").asText(""));
    List<String> parts = new ArrayList<>();
    fields.forEach((name, value) -> parts.add(name + ":" + value));
    return "{" + String.join(" ", parts) + "}";
  }
}
