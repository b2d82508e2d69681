package dev.coracle.apiserver.internal.bootstrap;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** Reads the roles and bindings that every cluster has from {@code default-roles.txt}. */
public final class DefaultRoles {

  private static final String GROUP = "rbac.authorization.k8s.io";
  private static final String READ = "get,list,watch";
  private static final String WRITE = "create,delete,deletecollection,patch,update";

  private DefaultRoles() {}

  /** Objects with apiVersion and kind, roles before the bindings that use them. */
  static List<ObjectNode> all() {
    try (InputStream in = DefaultRoles.class.getResourceAsStream("default-roles.txt")) {
      String text = new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
      return read(text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The rules of one of the cluster roles. */
  public static JsonNode rulesOf(String name) {
    for (ObjectNode o : all()) {
      if (o.path("metadata").path("name").asText().equals(name) && o.has("rules")) {
        return o.path("rules");
      }
    }
    throw new IllegalArgumentException("no default role " + name);
  }

  static List<ObjectNode> read(String text) {
    List<ObjectNode> out = new ArrayList<>();
    ArrayNode rules = Json.array();
    for (String line : text.lines().toList()) {
      if (line.isBlank() || line.startsWith("#")) {
        continue;
      }
      if (line.startsWith("  ")) {
        rules.add(rule(line.trim()));
        continue;
      }
      String[] words = line.trim().split(" +");
      switch (words[0]) {
        case "role", "aggregate" -> {
          ObjectNode role = object("ClusterRole", "", words[1]);
          labels(role, words);
          rules = role.putArray("rules");
          if (words[0].equals("aggregate")) {
            role.putObject("aggregationRule")
                .putArray("clusterRoleSelectors")
                .addObject()
                .putObject("matchLabels")
                .put(GROUP + "/aggregate-to-" + words[1], "true");
          }
          out.add(role);
        }
        case "nsrole" -> {
          String[] name = words[1].split("/");
          ObjectNode role = object("Role", name[0], name[1]);
          rules = role.putArray("rules");
          out.add(role);
        }
        case "binding" ->
            out.add(binding("ClusterRoleBinding", "", words[1], "ClusterRole", words));
        case "nsbinding" -> {
          String[] name = words[1].split("/");
          out.add(binding("RoleBinding", name[0], name[1], "Role", words));
        }
        default -> throw new IllegalStateException("default-roles.txt: " + line);
      }
    }
    return out;
  }

  private static void labels(ObjectNode role, String[] words) {
    for (String word : words) {
      if (word.startsWith("aggregate-to=")) {
        ObjectNode labels = (ObjectNode) role.path("metadata").path("labels");
        for (String to : word.substring("aggregate-to=".length()).split(",")) {
          labels.put(GROUP + "/aggregate-to-" + to, "true");
        }
      }
    }
  }

  private static ObjectNode object(String kind, String namespace, String name) {
    ObjectNode o = Json.object().put("apiVersion", GROUP + "/v1").put("kind", kind);
    ObjectNode metadata = o.putObject("metadata").put("name", name);
    if (!namespace.isEmpty()) {
      metadata.put("namespace", namespace);
    }
    metadata.putObject("labels").put("kubernetes.io/bootstrapping", "rbac-defaults");
    metadata.putObject("annotations").put("rbac.authorization.kubernetes.io/autoupdate", "true");
    return o;
  }

  private static ObjectNode rule(String line) {
    ObjectNode rule = Json.object();
    int at = line.indexOf(" @ ");
    if (at > 0) {
      list(rule, "nonResourceURLs", line.substring(at + 3).trim().split(" +"));
      list(rule, "verbs", verbs(line.substring(0, at)));
      return rule;
    }
    String[] parts = line.split("\\|");
    list(rule, "verbs", verbs(parts[0].trim()));
    list(rule, "apiGroups", parts[1].trim().replace("core", "").split(",", -1));
    list(rule, "resources", parts[2].trim().split(","));
    if (parts.length > 3) {
      list(rule, "resourceNames", parts[3].trim().split(","));
    }
    return rule;
  }

  private static String[] verbs(String text) {
    List<String> out = new ArrayList<>();
    for (String word : text.trim().split(",")) {
      switch (word) {
        case "R" -> out.addAll(List.of(READ.split(",")));
        case "W" -> out.addAll(List.of(WRITE.split(",")));
        default -> out.add(word);
      }
    }
    return out.toArray(String[]::new);
  }

  private static void list(ObjectNode node, String field, String[] values) {
    ArrayNode list = node.putArray(field);
    for (String value : values) {
      list.add(value);
    }
  }

  private static ObjectNode binding(
      String kind, String namespace, String name, String roleKind, String[] words) {
    ObjectNode o = object(kind, namespace, name);
    o.putObject("roleRef").put("apiGroup", GROUP).put("kind", roleKind).put("name", words[2]);
    ArrayNode subjects = o.putArray("subjects");
    for (int i = 3; i < words.length; i++) {
      int colon = words[i].indexOf(':');
      subjects
          .addObject()
          .put("kind", words[i].substring(0, colon))
          .put("apiGroup", GROUP)
          .put("name", words[i].substring(colon + 1));
    }
    return o;
  }
}
