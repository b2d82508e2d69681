package dev.coracle.controllers.internal.namespace;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.GroupResource;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeList;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.rest.ListOptions;
import dev.coracle.client.Client;
import dev.coracle.controllers.internal.Concurrent;
import dev.coracle.controllers.internal.ResourceCatalog.Entry;
import dev.coracle.controllers.internal.status.Conditions;
import io.smallrye.mutiny.Uni;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * What other API servers have in namespaces, asked of them when a namespace ends: nothing follows
 * them, since nothing else here wants to know.
 */
final class AggregatedResources {

  private static final Comparator<KubeObject> PREFERRED_FIRST =
      Comparator.<KubeObject>comparingInt(a -> a.at("spec", "versionPriority").asInt())
          .reversed()
          .thenComparing(KubeObject::name);

  private AggregatedResources() {}

  /**
   * @param entries what can be listed and deleted, in one version of each
   * @param failures why it is not known what is in a group's version, by {@code GROUP/VERSION}
   */
  record Found(Collection<Entry> entries, Map<String, String> failures) {

    /** As client-go tells of a discovery that was not complete. */
    String failure() {
      return "Discovery failed for some groups, "
          + failures.size()
          + " failing: unable to retrieve the complete list of server APIs: "
          + failures.entrySet().stream()
              .map(e -> e.getKey() + ": " + e.getValue())
              .collect(Collectors.joining(", "));
    }
  }

  static Uni<Found> discover(Client client) {
    return client
        .list(Resources.API_SERVICES, "", ListOptions.ALL)
        .chain(services -> {
          List<KubeObject> remote = remote(services);
          Map<String, JsonNode> known = new HashMap<>();
          Map<String, String> failures = new TreeMap<>();
          return Concurrent.forEach(remote, service -> ask(client, service, known, failures))
              .map(_ -> new Found(entries(remote, known), failures));
        });
  }

  private static List<KubeObject> remote(KubeList services) {
    return services.items().stream()
        .filter(service -> service.at("spec", "service").isObject())
        .sorted(PREFERRED_FIRST)
        .toList();
  }

  private static Uni<Void> ask(
      Client client,
      KubeObject service,
      Map<String, JsonNode> known,
      Map<String, String> failures) {
    String version = groupVersion(service);
    if (!Conditions.isTrue(service, "Available")) {
      failures.put(version, "stale GroupVersion discovery: " + version);
      return Uni.createFrom().voidItem();
    }
    return client
        .raw("/apis/" + version)
        .invoke(body -> known.put(version, Json.parse(body).path("resources")))
        .onFailure(StatusException.class)
        .invoke(failure -> failures.put(version, String.valueOf(failure.getMessage())))
        .onFailure(StatusException.class)
        .recoverWithNull()
        .replaceWithVoid();
  }

  private static Collection<Entry> entries(List<KubeObject> services, Map<String, JsonNode> known) {
    Map<GroupResource, Entry> out = new LinkedHashMap<>();
    for (KubeObject service : services) {
      for (JsonNode resource : known.getOrDefault(groupVersion(service), Json.array())) {
        List<String> verbs = new ArrayList<>();
        resource.path("verbs").forEach(verb -> verbs.add(verb.asText()));
        String name = resource.path("name").asText("");
        boolean taken =
            resource.path("namespaced").asBoolean()
                && name.indexOf('/') < 0
                && verbs.containsAll(List.of("delete", "list"));
        if (taken) {
          GroupVersionResource gvr =
              new GroupVersionResource(
                  service.text("spec", "group"), service.text("spec", "version"), name);
          out.putIfAbsent(gvr.groupResource(), new Entry(gvr, true, verbs));
        }
      }
    }
    return out.values();
  }

  private static String groupVersion(KubeObject service) {
    return service.text("spec", "group") + "/" + service.text("spec", "version");
  }
}
