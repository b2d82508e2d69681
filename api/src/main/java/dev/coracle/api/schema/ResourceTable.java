package dev.coracle.api.schema;

import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.GroupVersionResource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Reads the resources of the built-in kinds from the table ({@code R group version plural Kind N|C
 * verbs ListKind|-}, then {@code " name group/version/Kind verbs"} per subresource) and from the
 * hand-written supplement.
 */
final class ResourceTable {

  /** A group in the order of discovery: greater priority first. */
  record Group(String name, int priority, List<String> versions) {}

  private final SchemaTable table;
  private final Map<String, Group> groups = new HashMap<>();
  private final Map<String, Map<String, String>> extras = new HashMap<>();
  private final List<ResourceDefinition> resources = new ArrayList<>();

  ResourceTable(SchemaTable table) {
    this.table = table;
    for (String line : table.supplement().split("\n")) {
      supplementLine(line);
    }
    List<String> block = new ArrayList<>();
    for (String line : table.resourceLines().split("\n")) {
      if (line.startsWith("R ")) {
        finish(block);
        block.clear();
      }
      block.add(line);
    }
    finish(block);
  }

  private void supplementLine(String line) {
    String[] p = line.split(" ");
    if (line.startsWith("G ")) {
      Group group = new Group(group(p[1]), Integer.parseInt(p[2]), List.of(p[3].split(",")));
      groups.put(group.name(), group);
    } else if (line.startsWith("S ")) {
      Map<String, String> attributes = new HashMap<>();
      for (int i = 3; i < p.length; i++) {
        int eq = p[i].indexOf('=');
        attributes.put(p[i].substring(0, eq), p[i].substring(eq + 1));
      }
      extras.put(group(p[1]) + "/" + p[2], attributes);
    }
  }

  private static String group(String text) {
    return text.equals("-") ? "" : text;
  }

  List<ResourceDefinition> resources() {
    return resources;
  }

  Map<String, Group> groups() {
    return groups;
  }

  private void finish(List<String> block) {
    if (block.isEmpty()) {
      return;
    }
    String[] p = block.getFirst().split(" ");
    String group = group(p[1]);
    GroupVersionResource gvr = new GroupVersionResource(group, p[2], p[3]);
    GroupVersionKind gvk = new GroupVersionKind(group, p[2], p[4]);
    SchemaType schema = table.definition(gvk);
    if (schema == null) {
      throw new IllegalStateException("the table has no definition of " + gvk);
    }
    Map<String, String> extra = extras.getOrDefault(group + "/" + p[3], Map.of());
    List<Subresource> subresources =
        block.stream()
            .skip(1)
            .map(l -> l.trim().split(" "))
            .map(s -> new Subresource(s[0], kind(s[1]), List.of(s[2].split(","))))
            .toList();
    resources.add(
        new ResourceDefinition(
            gvr,
            gvk,
            p[7].equals("-") ? "" : p[7],
            p[4].toLowerCase(Locale.ROOT),
            p[5].equals("N"),
            List.of(p[6].split(",")),
            words(extra.getOrDefault("short", "")),
            words(extra.getOrDefault("cat", "")),
            subresources,
            storage(gvr, extra.getOrDefault("storage", "")),
            schema,
            null));
  }

  /** Corrected by the caller once all versions are known, unless the supplement names it. */
  private static GroupVersionResource storage(GroupVersionResource gvr, String named) {
    int slash = named.indexOf('/');
    return slash < 0
        ? gvr
        : new GroupVersionResource(
            named.substring(0, slash), named.substring(slash + 1), gvr.resource());
  }

  private static GroupVersionKind kind(String text) {
    String[] k = text.split("/", -1);
    return new GroupVersionKind(k[0], k[1], k[2]);
  }

  private static List<String> words(String text) {
    return text.isEmpty() ? List.of() : List.of(text.split(","));
  }
}
