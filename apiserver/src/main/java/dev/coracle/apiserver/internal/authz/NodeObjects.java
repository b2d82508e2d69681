package dev.coracle.apiserver.internal.authz;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.GroupResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.LocalVolumes;
import dev.coracle.api.NamespacedName;
import dev.coracle.api.StatusException;
import dev.coracle.api.rest.ListOptions;
import dev.coracle.api.selector.FieldSelector;
import dev.coracle.apiserver.internal.registry.LiveCache;
import dev.coracle.watchhub.ResourceStore;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * What belongs to which node: its pods and what those use, and objects that name their node.
 * Written by the caches' contexts, read on any thread. A node may have heard of its pod before this
 * has; {@link #relatesNow} asks the store.
 */
final class NodeObjects {

  /** An object that names its node by itself. */
  private record Owned(GroupResource resource, String... node) {}

  private static final GroupResource PODS = new GroupResource("", "pods");
  private static final GroupResource VOLUMES = new GroupResource("", "persistentvolumes");
  private static final List<Owned> OWNED =
      List.of(
          new Owned(
              new GroupResource("certificates.k8s.io", "podcertificaterequests"),
              "spec",
              "nodeName"),
          new Owned(new GroupResource("resource.k8s.io", "resourceslices"), "spec", "nodeName"),
          new Owned(new GroupResource("storage.k8s.io", "volumeattachments"), "spec", "nodeName"));

  private final ResourceStore store;
  private final List<LiveCache> caches;

  /** By node, then by Pod: {@code secrets/ns/name} and the like. */
  private final Map<String, Map<NamespacedName, Set<String>>> uses = new ConcurrentHashMap<>();

  /** What the Pod before used. */
  private volatile Set<String> latest = Set.of();

  private final Map<NamespacedName, String> nodes = new ConcurrentHashMap<>();

  /** By resource, then by object, its node. */
  private final Map<String, Map<NamespacedName, String>> owners = new ConcurrentHashMap<>();

  /** By claim, {@code persistentvolumeclaims/ns/name}: the secrets that its volume names. */
  private final Map<String, Set<String>> volumeSecrets = new ConcurrentHashMap<>();

  /** By volume, its claim, as above. */
  private final Map<String, String> claims = new ConcurrentHashMap<>();

  /** By local volume, its node. */
  private final Map<String, String> locals = new ConcurrentHashMap<>();

  NodeObjects(Vertx vertx, ResourceStore store) {
    this.store = store;
    List<LiveCache> all = new ArrayList<>();
    all.add(LiveCache.ofNames(vertx, store, PODS).listen(this::changed));
    all.add(LiveCache.ofNames(vertx, store, VOLUMES).listen(this::volume));
    for (Owned owned : OWNED) {
      Map<NamespacedName, String> known = new ConcurrentHashMap<>();
      owners.put(owned.resource().resource(), known);
      all.add(
          LiveCache.ofNames(vertx, store, owned.resource())
              .listen((before, now) -> owned(owned, known, before, now)));
    }
    caches = List.copyOf(all);
  }

  Uni<Void> start() {
    Uni<Void> started = Uni.createFrom().voidItem();
    for (LiveCache cache : caches) {
      started = started.chain(cache::start);
    }
    return started;
  }

  void stop() {
    caches.forEach(LiveCache::stop);
  }

  private static void owned(
      Owned owned,
      Map<NamespacedName, String> known,
      @Nullable KubeObject before,
      @Nullable KubeObject now) {
    if (now != null && !now.text(owned.node()).isEmpty()) {
      known.put(now.key(), now.text(owned.node()));
    } else if (now != null) {
      known.remove(now.key());
    } else if (before != null) {
      known.remove(before.key());
    }
  }

  private void volume(@Nullable KubeObject before, @Nullable KubeObject now) {
    KubeObject volume = now == null ? before : now;
    if (volume == null) {
      return;
    }
    String old = claims.remove(volume.name());
    if (old != null) {
      volumeSecrets.remove(old);
    }
    String local = now == null ? "" : localNode(now);
    if (local.isEmpty()) {
      locals.remove(volume.name());
    } else {
      locals.put(volume.name(), local);
    }
    String claim = now == null ? "" : claimOf(now);
    if (now == null || claim.isEmpty()) {
      return;
    }
    claims.put(now.name(), claim);
    String namespace = now.text("spec", "claimRef", "namespace");
    Set<String> secrets = new HashSet<>();
    for (JsonNode source : now.at("spec")) {
      for (var field : source.properties()) {
        if (field.getKey().endsWith("ecretRef")) {
          String where = field.getValue().path("namespace").asText(namespace);
          secrets.add("secrets/" + where + "/" + field.getValue().path("name").asText(""));
        }
      }
    }
    if (!secrets.isEmpty()) {
      volumeSecrets.put(claim, Set.copyOf(secrets));
    }
  }

  /** As pods refer to it; empty where the volume is nobody's. */
  private static String claimOf(KubeObject volume) {
    String name = volume.text("spec", "claimRef", "name");
    return name.isEmpty()
        ? ""
        : "persistentvolumeclaims/" + volume.text("spec", "claimRef", "namespace") + "/" + name;
  }

  /** Empty where the volume is not a directory of a node (ADR 0120). */
  private static String localNode(KubeObject volume) {
    return LocalVolumes.is(volume) ? volume.annotation(LocalVolumes.NODE).orElse("") : "";
  }

  private void changed(@Nullable KubeObject before, @Nullable KubeObject now) {
    if (now == null) {
      if (before != null) {
        forget(before.key());
      }
      return;
    }
    NamespacedName pod = now.key();
    String node = now.text("spec", "nodeName");
    if (!node.equals(nodes.getOrDefault(pod, ""))) {
      forget(pod);
    }
    if (!node.isEmpty()) {
      uses.computeIfAbsent(node, _ -> new ConcurrentHashMap<>()).put(pod, kept(references(now)));
      nodes.put(pod, node);
    }
  }

  /** Pods of one controller use the same, which is then there once. */
  private Set<String> kept(Set<String> references) {
    references.removeIf(r -> r.endsWith("/"));
    Set<String> known = latest;
    if (known.equals(references)) {
      return known;
    }
    Set<String> fresh = Set.copyOf(references);
    latest = fresh;
    return fresh;
  }

  private void forget(NamespacedName pod) {
    String node = nodes.remove(pod);
    Map<NamespacedName, Set<String>> of = node == null ? null : uses.get(node);
    if (of != null) {
      of.remove(pod);
    }
  }

  private static Set<String> references(KubeObject pod) {
    Set<String> out = new HashSet<>();
    String ns = "/" + pod.namespace() + "/";
    JsonNode spec = pod.at("spec");
    out.add("serviceaccounts" + ns + spec.path("serviceAccountName").asText(""));
    spec.path("imagePullSecrets").forEach(s -> out.add("secrets" + ns + s.path("name").asText("")));
    for (String list : new String[] {"initContainers", "containers", "ephemeralContainers"}) {
      for (JsonNode c : spec.path(list)) {
        for (JsonNode e : c.path("env")) {
          JsonNode from = e.path("valueFrom");
          out.add("secrets" + ns + from.path("secretKeyRef").path("name").asText(""));
          out.add("configmaps" + ns + from.path("configMapKeyRef").path("name").asText(""));
        }
        for (JsonNode e : c.path("envFrom")) {
          out.add("secrets" + ns + e.path("secretRef").path("name").asText(""));
          out.add("configmaps" + ns + e.path("configMapRef").path("name").asText(""));
        }
      }
    }
    for (JsonNode v : spec.path("volumes")) {
      volume(v, ns, out);
      for (JsonNode s : v.path("projected").path("sources")) {
        out.add("secrets" + ns + s.path("secret").path("name").asText(""));
        out.add("configmaps" + ns + s.path("configMap").path("name").asText(""));
      }
      if (v.has("ephemeral")) {
        out.add("persistentvolumeclaims" + ns + pod.name() + "-" + v.path("name").asText(""));
      }
    }
    for (JsonNode list :
        new JsonNode[] {spec.path("resourceClaims"), pod.at("status", "resourceClaimStatuses")}) {
      list.forEach(r -> out.add("resourceclaims" + ns + r.path("resourceClaimName").asText("")));
    }
    out.add(
        "resourceclaims"
            + ns
            + pod.text("status", "extendedResourceClaimStatus", "resourceClaimName"));
    return out;
  }

  private static void volume(JsonNode v, String ns, Set<String> out) {
    out.add("secrets" + ns + v.path("secret").path("secretName").asText(""));
    out.add("configmaps" + ns + v.path("configMap").path("name").asText(""));
    out.add(
        "persistentvolumeclaims"
            + ns
            + v.path("persistentVolumeClaim").path("claimName").asText(""));
    for (JsonNode source : v) {
      String name = source.path("secretRef").path("name").asText("");
      if (!name.isEmpty()) {
        out.add("secrets" + ns + name);
      }
      name = source.path("nodePublishSecretRef").path("name").asText("");
      if (!name.isEmpty()) {
        out.add("secrets" + ns + name);
      }
    }
  }

  /** Whether a pod of the node uses what is asked about, or it is a pod or another object of it. */
  boolean relates(String node, Attributes a) {
    NamespacedName key = new NamespacedName(a.namespace(), a.name());
    if (a.resource().equals("pods")) {
      return node.equals(nodes.get(key));
    }
    Map<NamespacedName, String> owned = owners.get(a.resource());
    if (owned != null) {
      return node.equals(owned.get(key));
    }
    boolean volume = a.resource().equals(VOLUMES.resource());
    if (volume && node.equals(locals.get(a.name()))) {
      return true;
    }
    String used = volume ? claims.getOrDefault(a.name(), "") : used(a);
    for (Set<String> of : uses.getOrDefault(node, Map.of()).values()) {
      if (uses(of, used)) {
        return true;
      }
    }
    return false;
  }

  /** By a pod with these uses itself, or by a volume of one of its claims. */
  private boolean uses(Set<String> uses, String used) {
    if (uses.contains(used)) {
      return true;
    }
    for (String use : uses) {
      if (volumeSecrets.getOrDefault(use, Set.of()).contains(used)) {
        return true;
      }
    }
    return false;
  }

  private static String used(Attributes a) {
    return a.resource() + "/" + a.namespace() + "/" + a.name();
  }

  /** The same of the store as it is now. */
  Uni<Boolean> relatesNow(String node, Attributes a) {
    if (a.resource().equals("pods")) {
      return names(PODS, a, node, "spec", "nodeName");
    }
    for (Owned owned : OWNED) {
      if (owned.resource().resource().equals(a.resource())) {
        return names(owned.resource(), a, node, owned.node());
      }
    }
    if (!a.resource().equals(VOLUMES.resource())) {
      return usedNow(node, used(a));
    }
    return store
        .get(VOLUMES, new NamespacedName("", a.name()))
        .map(stored -> stored.fleeting())
        .chain(volume ->
            localNode(volume).equals(node)
                ? Uni.createFrom().item(true)
                : usedNow(node, claimOf(volume)))
        .onFailure(StatusException.class)
        .recoverWithItem(failure -> false);
  }

  /** A volume's secrets may be in any namespace. */
  private Uni<Boolean> usedNow(String node, String used) {
    ListOptions ofNode = ListOptions.ALL.withFields(FieldSelector.equalTo("spec.nodeName", node));
    return store
        .list(PODS, "", ofNode)
        .map(pods -> pods.items().stream().anyMatch(p -> uses(references(p.fleeting()), used)));
  }

  private Uni<Boolean> names(GroupResource resource, Attributes a, String node, String... path) {
    return store
        .get(resource, new NamespacedName(a.namespace(), a.name()))
        .map(object -> object.fleeting().text(path).equals(node))
        .onFailure(StatusException.class)
        .recoverWithItem(failure -> false);
  }
}
