package dev.coracle.apiserver.internal.registry;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupResource;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.schema.ResourceDefinition;

/**
 * A resource as it is served in one of its versions: its definition, and what the verbs need beside
 * it. The rules and the strategy carry everything that depends on the kind.
 *
 * @param conversion between the served version and the one that is stored
 */
public record ResourceType(
    ResourceDefinition definition,
    Conversion conversion,
    ObjectRules rules,
    KindStrategy strategy) {

  public GroupVersionResource resource() {
    return definition.gvr();
  }

  public GroupVersionKind kind() {
    return definition.kind();
  }

  public boolean namespaced() {
    return definition.namespaced();
  }

  public boolean custom() {
    return !definition.builtIn();
  }

  public boolean hasStatus() {
    return definition.hasStatus();
  }

  public GroupResource groupResource() {
    return definition.gvr().groupResource();
  }

  /** Under which resource objects are stored; another than the served one for events. */
  public GroupResource stored() {
    return definition.storage().groupResource();
  }

  public GroupVersionKind storedKind() {
    return new GroupVersionKind(
        definition.storage().group(), definition.storage().version(), kind().kind());
  }

  public boolean is(String group, String plural) {
    return resource().group().equals(group) && resource().resource().equals(plural);
  }

  /** The object in the served version; the very same where that is the stored one. */
  public KubeObject present(KubeObject object) {
    if (object.apiVersion().equals(kind().apiVersion())) {
      return object;
    }
    return KubeObject.of(conversion.convert(object.tree(), object.gvk(), kind()));
  }

  /** The object in the version that is stored; the very same where that is the served one. */
  public KubeObject store(KubeObject object) {
    if (definition.storage().equals(definition.gvr())) {
      return object;
    }
    return KubeObject.of(conversion.convert(object.tree(), kind(), storedKind()));
  }

  /** Turns an object of one version into one of another, sharing what does not change. */
  @FunctionalInterface
  public interface Conversion {

    ObjectNode convert(ObjectNode object, GroupVersionKind from, GroupVersionKind to);

    /** The versions have the same fields: only the apiVersion differs. */
    Conversion RENAME =
        (object, from, to) -> {
          ObjectNode out = Json.object();
          out.put("apiVersion", to.apiVersion()).put("kind", to.kind());
          object.forEachEntry((field, value) -> {
            if (!field.equals("apiVersion") && !field.equals("kind")) {
              out.set(field, value);
            }
          });
          return out;
        };
  }
}
