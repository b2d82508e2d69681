package dev.coracle.apiserver.internal.discovery;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.schema.KubeVersions;
import dev.coracle.apiserver.internal.aggregation.ApiServices;
import dev.coracle.apiserver.internal.aggregation.RemoteApi;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** Adds to discovery what other servers have, each group where its importance puts it. */
final class RemoteGroups {

  private static final Comparator<RemoteApi> BY_IMPORTANCE =
      Comparator.<RemoteApi>comparingInt(a -> -a.groupPriority())
          .thenComparing(RemoteApi::group)
          .thenComparingInt(a -> -a.versionPriority())
          .thenComparing(RemoteApi::version, KubeVersions.NEWEST_FIRST);

  private final ApiServices apis;

  RemoteGroups(ApiServices apis) {
    this.apis = apis;
  }

  int changes() {
    return apis.changes();
  }

  private List<RemoteApi> sorted() {
    return apis.all().stream().sorted(BY_IMPORTANCE).toList();
  }

  /** An {@code APIGroupList}, in place. */
  ObjectNode intoGroups(ObjectNode list) {
    ArrayNode groups = list.withArrayProperty("groups");
    for (RemoteApi api : sorted()) {
      ObjectNode group = named(groups, "name", api.group());
      if (group == null) {
        group = Json.object().put("name", api.group());
        groups.insert(place(groups, "/name", api), group);
      }
      version(group, api);
    }
    return list;
  }

  /** Before the first that is less important, or as important and later in the alphabet. */
  private int place(ArrayNode groups, String name, RemoteApi api) {
    int mine = apis.groupPriority(api.group());
    int at = 0;
    while (at < groups.size()) {
      String other = groups.get(at).at(name).asText("");
      int its = apis.groupPriority(other);
      if (its < mine || its == mine && other.compareTo(api.group()) > 0) {
        break;
      }
      at++;
    }
    return at;
  }

  /** An {@code APIGroup}; empty where neither this server nor another has it. */
  Optional<ObjectNode> group(String name, Optional<ObjectNode> own) {
    ObjectNode group = own.orElse(null);
    for (RemoteApi api : sorted()) {
      if (api.group().equals(name)) {
        if (group == null) {
          group = Json.object().put("kind", "APIGroup").put("apiVersion", "v1").put("name", name);
        }
        version(group, api);
      }
    }
    return Optional.ofNullable(group);
  }

  private static void version(ObjectNode group, RemoteApi api) {
    ArrayNode versions = group.withArrayProperty("versions");
    ObjectNode version =
        Json.object().put("groupVersion", api.groupVersion()).put("version", api.version());
    if (named(versions, "version", api.version()) == null) {
      versions.add(version);
    }
    if (!group.has("preferredVersion")) {
      group.set("preferredVersion", version);
    }
  }

  /** An {@code APIGroupDiscoveryList}, in place; a server that was not reached is stale. */
  ObjectNode intoAggregated(ObjectNode list) {
    ArrayNode items = list.withArrayProperty("items");
    for (RemoteApi api : sorted()) {
      ObjectNode group = null;
      for (JsonNode item : items) {
        if (item.path("metadata").path("name").asText("").equals(api.group())
            && item instanceof ObjectNode found) {
          group = found;
        }
      }
      if (group == null) {
        group = Json.object();
        group.putObject("metadata").put("name", api.group()).putNull("creationTimestamp");
        items.insert(place(items, "/metadata/name", api), group);
      }
      ArrayNode versions = group.withArrayProperty("versions");
      for (int i = 0; i < versions.size(); i++) {
        if (versions.path(i).path("version").asText("").equals(api.version())) {
          versions.remove(i);
        }
      }
      ObjectNode discovery = api.discovery();
      ObjectNode version =
          discovery == null ? Json.object().put("version", api.version()) : discovery.deepCopy();
      version.put("freshness", api.available() ? "Current" : "Stale");
      versions.add(version);
    }
    return list;
  }

  private static @org.jspecify.annotations.Nullable ObjectNode named(
      ArrayNode list, String field, String value) {
    for (JsonNode node : list) {
      if (node.path(field).asText("").equals(value) && node instanceof ObjectNode found) {
        return found;
      }
    }
    return null;
  }
}
