package dev.coracle.apiserver.internal.registry;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupResource;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.api.schema.ResourceDefinition;
import io.smallrye.mutiny.Uni;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A resource as it is served in one of its versions: its definition, and what the verbs need beside
 * it. The rules and the strategy carry everything that depends on the kind.
 *
 * @param conversion between the served version and the one that is stored
 * @param late where a webhook converts instead; null mostly
 */
public record ResourceType(
    ResourceDefinition definition,
    Conversion conversion,
    ObjectRules rules,
    KindStrategy strategy,
    @Nullable LateConversion late) {

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

  /** As {@link #present}, also where a webhook converts; with the defaults of today's schema. */
  public Uni<KubeObject> presented(KubeObject object) {
    if (late == null || object.apiVersion().equals(kind().apiVersion())) {
      return Uni.createFrom().item(defaulted(present(object)));
    }
    return late.convert(List.of(object), kind()).map(list -> defaulted(list.getFirst()));
  }

  /** Whether {@link #presented} may give something else than what is stored in this version. */
  public boolean presentsAsStored() {
    return !custom() && definition.storage().equals(definition.gvr());
  }

  /** Whether what fields say in this version is what they say in the stored form. */
  public boolean selectsAsStored() {
    return !custom() || late == null && definition.storage().equals(definition.gvr());
  }

  /** As {@link #presented(KubeObject)}, with one call for all of a list. */
  public Uni<List<KubeObject>> presented(List<KubeObject> objects) {
    List<KubeObject> others =
        late == null
            ? List.of()
            : objects.stream().filter(o -> !o.apiVersion().equals(kind().apiVersion())).toList();
    if (others.isEmpty() || late == null) {
      return Uni.createFrom().item(objects.stream().map(o -> defaulted(present(o))).toList());
    }
    return late.convert(others, kind())
        .map(converted -> {
          Iterator<KubeObject> next = converted.iterator();
          return objects.stream()
              .map(o -> o.apiVersion().equals(kind().apiVersion()) ? o : next.next())
              .map(this::defaulted)
              .toList();
        });
  }

  /** As {@link #store}, also where a webhook converts. */
  public Uni<KubeObject> toStore(KubeObject object) {
    if (late == null || object.apiVersion().equals(storedKind().apiVersion())) {
      return Uni.createFrom().item(store(object));
    }
    return late.convert(List.of(object), storedKind()).map(List::getFirst);
  }

  /**
   * Custom resources get the defaults that their definition has now, however old they are; the very
   * same object where nothing is missing.
   */
  private KubeObject defaulted(KubeObject object) {
    if (!custom() || definition.schema().constraints() == null || !hasDefaults()) {
      return object;
    }
    ObjectNode copy = object.edit();
    rules.setDefaults(copy);
    return copy.equals(object.tree()) ? object : KubeObject.of(copy);
  }

  private boolean hasDefaults() {
    ObjectNode schema = definition.schema().constraints();
    return schema != null && schema.findValue("default") != null;
  }

  /** Turns an object of one version into one of another, sharing what does not change. */
  @FunctionalInterface
  public interface Conversion {

    ObjectNode convert(ObjectNode object, GroupVersionKind from, GroupVersionKind to);

    /** A webhook converts, which can not be waited for here. */
    Conversion BY_WEBHOOK =
        (object, from, to) -> {
          throw StatusException.notImplemented(
              "webhooks and policies can not see "
                  + from
                  + " as "
                  + to
                  + ": this server does not convert by webhook for them");
        };

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
