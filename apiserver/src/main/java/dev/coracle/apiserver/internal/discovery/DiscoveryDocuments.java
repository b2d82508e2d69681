package dev.coracle.apiserver.internal.discovery;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.Json;
import dev.coracle.api.schema.ResourceDefinition;
import dev.coracle.api.schema.Scheme;
import dev.coracle.api.schema.Scheme.ApiGroup;
import dev.coracle.api.schema.Scheme.Version;
import dev.coracle.api.schema.Subresource;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** Makes the discovery documents from the scheme, in the two forms there are (KEP-3352). */
final class DiscoveryDocuments {

  /** Bytes of it that are shown. */
  private static final int STORAGE_HASH = 8;

  private final Scheme scheme;
  private final Function<ResourceDefinition, Optional<GroupVersionKind>> stored;

  /**
   * @param stored in which kind the objects of a resource are kept; of those that are kept
   */
  DiscoveryDocuments(
      Scheme scheme, Function<ResourceDefinition, Optional<GroupVersionKind>> stored) {
    this.scheme = scheme;
    this.stored = stored;
  }

  ObjectNode coreVersions(String serverAddress) {
    ObjectNode out = Json.object().put("kind", "APIVersions");
    ArrayNode versions = out.putArray("versions");
    scheme.group("").ifPresent(g -> g.versions().forEach(v -> versions.add(v.version())));
    out.putArray("serverAddressByClientCIDRs")
        .addObject()
        .put("clientCIDR", "0.0.0.0/0")
        .put("serverAddress", serverAddress);
    return out;
  }

  ObjectNode groups() {
    ObjectNode out = Json.object().put("kind", "APIGroupList").put("apiVersion", "v1");
    ArrayNode groups = out.putArray("groups");
    named().forEach(g -> groups.add(group(g, false)));
    return out;
  }

  Optional<ObjectNode> group(String name) {
    return named().stream().filter(g -> g.name().equals(name)).findFirst().map(g -> group(g, true));
  }

  private List<ApiGroup> named() {
    return scheme.groups().stream().filter(g -> !g.name().isEmpty()).toList();
  }

  private static ObjectNode group(ApiGroup group, boolean alone) {
    ObjectNode out = Json.object();
    if (alone) {
      out.put("kind", "APIGroup").put("apiVersion", "v1");
    }
    out.put("name", group.name());
    ArrayNode versions = out.putArray("versions");
    group.versions().forEach(v -> versions.add(version(v)));
    out.set("preferredVersion", version(group.preferred()));
    return out;
  }

  private static ObjectNode version(Version v) {
    return Json.object().put("groupVersion", v.apiVersion()).put("version", v.version());
  }

  Optional<ObjectNode> resources(String group, String version) {
    return scheme.version(group, version).map(this::resources);
  }

  private ObjectNode resources(Version version) {
    ObjectNode out = Json.object().put("kind", "APIResourceList");
    out.put("apiVersion", "v1").put("groupVersion", version.apiVersion());
    ArrayNode list = out.putArray("resources");
    for (ResourceDefinition r : version.resources()) {
      ObjectNode node = list.addObject();
      node.put("name", r.gvr().resource());
      node.put("singularName", r.singular());
      node.put("namespaced", r.namespaced());
      node.put("kind", r.kind().kind());
      texts(node, "verbs", r.verbs());
      textsUnlessEmpty(node, "shortNames", r.shortNames());
      textsUnlessEmpty(node, "categories", r.categories());
      if (r.supports("patch")) {
        stored.apply(r).ifPresent(kind -> node.put("storageVersionHash", hash(kind)));
      }
      for (Subresource s : r.subresources()) {
        ObjectNode sub = list.addObject();
        sub.put("name", r.gvr().resource() + "/" + s.name());
        sub.put("singularName", "");
        sub.put("namespaced", r.namespaced());
        if (!s.kind().group().equals(r.kind().group())
            || !s.kind().version().equals(r.kind().version())) {
          sub.put("group", s.kind().group()).put("version", s.kind().version());
        }
        sub.put("kind", s.kind().kind());
        texts(sub, "verbs", s.verbs());
      }
    }
    return out;
  }

  /** Another one tells that the objects are to be written anew. */
  private static String hash(GroupVersionKind kind) {
    String text = kind.group() + "/" + kind.version() + "/" + kind.kind();
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return Base64.getEncoder().encodeToString(Arrays.copyOf(digest, STORAGE_HASH));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  /**
   * @param core the core group alone, as {@code /api} shows it; else all others
   * @param version {@code v2} or {@code v2beta1} of apidiscovery.k8s.io
   */
  ObjectNode aggregated(boolean core, String version) {
    ObjectNode out = Json.object().put("kind", "APIGroupDiscoveryList");
    out.put("apiVersion", "apidiscovery.k8s.io/" + version).putObject("metadata");
    ArrayNode items = out.putArray("items");
    for (ApiGroup group : scheme.groups()) {
      if (group.name().isEmpty() == core) {
        ObjectNode item = items.addObject();
        ObjectNode metadata = item.putObject("metadata");
        if (!group.name().isEmpty()) {
          metadata.put("name", group.name());
        }
        metadata.putNull("creationTimestamp");
        ArrayNode versions = item.putArray("versions");
        group.versions().forEach(v -> versions.add(aggregated(v)));
      }
    }
    return out;
  }

  private static ObjectNode aggregated(Version version) {
    ObjectNode out = Json.object().put("version", version.version());
    ArrayNode resources = out.putArray("resources");
    for (ResourceDefinition r : version.resources()) {
      ObjectNode node = resources.addObject();
      node.put("resource", r.gvr().resource());
      node.set("responseKind", kind(r.kind(), r.kind()));
      node.put("scope", r.namespaced() ? "Namespaced" : "Cluster");
      node.put("singularResource", r.singular());
      texts(node, "verbs", r.verbs());
      textsUnlessEmpty(node, "shortNames", r.shortNames());
      textsUnlessEmpty(node, "categories", r.categories());
      if (!r.subresources().isEmpty()) {
        ArrayNode subs = node.putArray("subresources");
        for (Subresource s : r.subresources()) {
          ObjectNode sub = subs.addObject();
          sub.put("subresource", s.name());
          sub.set("responseKind", kind(s.kind(), r.kind()));
          texts(sub, "verbs", s.verbs());
        }
      }
    }
    out.put("freshness", "Current");
    return out;
  }

  /** Group and version are left empty where they are those of the resource. */
  private static ObjectNode kind(GroupVersionKind kind, GroupVersionKind of) {
    boolean same = kind.group().equals(of.group()) && kind.version().equals(of.version());
    return Json.object()
        .put("group", same ? "" : kind.group())
        .put("version", same ? "" : kind.version())
        .put("kind", kind.kind());
  }

  private static void texts(ObjectNode node, String field, Collection<String> texts) {
    ArrayNode list = node.putArray(field);
    texts.forEach(list::add);
  }

  private static void textsUnlessEmpty(ObjectNode node, String field, Collection<String> texts) {
    if (!texts.isEmpty()) {
      texts(node, field, texts);
    }
  }
}
