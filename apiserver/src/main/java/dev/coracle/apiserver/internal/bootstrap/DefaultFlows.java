package dev.coracle.apiserver.internal.bootstrap;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/** Reads the priority levels and flow schemas that every cluster has, from flow-control.txt. */
public final class DefaultFlows {

  private static final String GROUP = "flowcontrol.apiserver.k8s.io";

  /** There whatever the store says: without them requests had nowhere to go. */
  public static final Set<String> MANDATORY = Set.of("exempt", "catch-all");

  private DefaultFlows() {}

  /** Levels before the schemas that use them. */
  public static List<KubeObject> all() {
    try (InputStream in = DefaultFlows.class.getResourceAsStream("flow-control.txt")) {
      return read(new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<KubeObject> read(String text) {
    List<ObjectNode> out = new ArrayList<>();
    ObjectNode rules = Json.object();
    for (String line : text.lines().toList()) {
      if (line.isBlank() || line.startsWith("#")) {
        continue;
      }
      String[] words = line.trim().split(" +");
      if (line.startsWith("  ")) {
        rule(rules, line.trim(), words);
        continue;
      }
      switch (words[0]) {
        case "exempt", "level" -> out.add(level(words));
        case "schema" -> {
          ObjectNode schema = schema(words);
          rules = schema.withObjectProperty("spec").putArray("rules").addObject();
          out.add(schema);
        }
        default -> throw new IllegalStateException("flow-control.txt: " + line);
      }
    }
    return out.stream().map(KubeObject::of).toList();
  }

  private static ObjectNode object(String kind, String name) {
    ObjectNode o = Json.object().put("apiVersion", GROUP + "/v1").put("kind", kind);
    o.putObject("metadata")
        .put("name", name)
        .putObject("annotations")
        .put("apf.kubernetes.io/autoupdate-spec", "true");
    return o;
  }

  private static ObjectNode level(String[] words) {
    ObjectNode o = object("PriorityLevelConfiguration", words[1]);
    ObjectNode spec = o.putObject("spec");
    if (words[0].equals("exempt")) {
      spec.put("type", "Exempt")
          .putObject("exempt")
          .put("nominalConcurrencyShares", 0)
          .put("lendablePercent", 0);
      return o;
    }
    ObjectNode limited = spec.put("type", "Limited").putObject("limited");
    limited.put("nominalConcurrencyShares", Integer.parseInt(words[2]));
    limited.put("lendablePercent", Integer.parseInt(words[3]));
    ObjectNode response = limited.putObject("limitResponse");
    if (words.length == 4) {
      response.put("type", "Reject");
    } else {
      response
          .put("type", "Queue")
          .putObject("queuing")
          .put("queues", Integer.parseInt(words[4]))
          .put("handSize", Integer.parseInt(words[5]))
          .put("queueLengthLimit", Integer.parseInt(words[6]));
    }
    return o;
  }

  private static ObjectNode schema(String[] words) {
    ObjectNode o = object("FlowSchema", words[1]);
    ObjectNode spec = o.putObject("spec");
    spec.putObject("priorityLevelConfiguration").put("name", words[2]);
    spec.put("matchingPrecedence", Integer.parseInt(words[3]));
    if (!words[4].equals("-")) {
      spec.putObject("distinguisherMethod").put("type", words[4]);
    }
    return o;
  }

  private static void rule(ObjectNode rules, String line, String[] words) {
    if (words[0].equals("subject")) {
      ArrayNode subjects = rules.putArray("subjects");
      for (int i = 1; i < words.length; i++) {
        subject(subjects.addObject(), words[i]);
      }
      return;
    }
    int at = line.indexOf(" @ ");
    if (at > 0) {
      ObjectNode rule = rules.withArrayProperty("nonResourceRules").addObject();
      list(rule, "verbs", line.substring(0, at));
      list(rule, "nonResourceURLs", line.substring(at + 3).trim().replaceAll(" +", ","));
      return;
    }
    String[] parts = line.split("\\|");
    ObjectNode rule = rules.withArrayProperty("resourceRules").addObject();
    list(rule, "verbs", parts[0]);
    list(rule, "apiGroups", parts[1].replace("core", ""));
    list(rule, "resources", parts[2]);
    String namespaces = parts[3].trim();
    if (namespaces.endsWith(",cluster")) {
      rule.put("clusterScope", true);
      namespaces = namespaces.replace(",cluster", "");
    }
    list(rule, "namespaces", namespaces);
  }

  private static void subject(ObjectNode subject, String word) {
    String kind = word.substring(0, word.indexOf(':'));
    String name = word.substring(kind.length() + 1);
    subject.put("kind", kind);
    switch (kind) {
      case "User" -> subject.putObject("user").put("name", name);
      case "Group" -> subject.putObject("group").put("name", name);
      default -> {
        String[] parts = name.split("/");
        subject.putObject("serviceAccount").put("namespace", parts[0]).put("name", parts[1]);
      }
    }
  }

  private static void list(ObjectNode rule, String field, String values) {
    ArrayNode list = rule.putArray(field);
    for (String value : values.trim().split(",", -1)) {
      list.add(value.trim());
    }
  }
}
