package dev.coracle.apiserver.internal.registry;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupResource;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.api.schema.Defaulter;
import dev.coracle.api.schema.Pruner;
import dev.coracle.api.schema.ResourceDefinition;
import dev.coracle.api.schema.SchemaType;
import io.smallrye.mutiny.Uni;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A resource as it is served in one of its versions: its definition, and what the verbs need beside
 * it. The rules and the strategy carry everything that depends on the kind.
 *
 * @param conversion between the served version and the one that is stored
 * @param late where a webhook converts instead; null mostly
 * @param schemas of all versions of a custom resource, by their names; empty for what is built in
 */
public record ResourceType(
    ResourceDefinition definition,
    Conversion conversion,
    ObjectRules rules,
    KindStrategy strategy,
    @Nullable LateConversion late,
    Map<String, SchemaType> schemas) {

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

  /**
   * As {@link #present}, also where a webhook converts. A custom resource is read as its definition
   * is now, however old the object is: pruned and filled with the defaults of the version it is
   * stored in, converted, and pruned as the version that is asked for.
   */
  public Uni<KubeObject> presented(KubeObject object) {
    KubeObject read = read(object);
    if (late == null || read.apiVersion().equals(kind().apiVersion())) {
      return Uni.createFrom().item(pruned(present(read)));
    }
    return late.convert(List.of(read), kind()).map(list -> pruned(list.getFirst()));
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
  public Uni<List<KubeObject>> presented(List<KubeObject> stored) {
    List<KubeObject> objects = stored.stream().map(this::read).toList();
    List<KubeObject> others =
        late == null
            ? List.of()
            : objects.stream().filter(o -> !o.apiVersion().equals(kind().apiVersion())).toList();
    if (others.isEmpty() || late == null) {
      return Uni.createFrom().item(objects.stream().map(o -> pruned(present(o))).toList());
    }
    return late.convert(others, kind())
        .map(converted -> {
          Iterator<KubeObject> next = converted.iterator();
          return objects.stream()
              .map(o -> o.apiVersion().equals(kind().apiVersion()) ? o : pruned(next.next()))
              .toList();
        });
  }

  /**
   * As {@link #store}, also where a webhook converts; what the stored version has no room for goes.
   */
  public Uni<KubeObject> toStore(KubeObject object) {
    Uni<KubeObject> converted =
        late == null || object.apiVersion().equals(storedKind().apiVersion())
            ? Uni.createFrom().item(store(object))
            : late.convert(List.of(object), storedKind()).map(List::getFirst);
    return custom() ? converted.map(this::pruned) : converted;
  }

  /** What a client would be given of an object if it was stored. */
  public Uni<KubeObject> asIfStored(KubeObject object) {
    return toStore(object).chain(this::presented);
  }

  /** The very same object where the schema of its own version has nothing to take or to give. */
  private KubeObject read(KubeObject object) {
    SchemaType schema = schemas.get(object.gvk().version());
    if (schema == null || schema.constraints() == null) {
      return object;
    }
    KubeObject pruned = pruned(object);
    if (Objects.requireNonNull(schema.constraints()).findValue("default") == null) {
      return pruned;
    }
    ObjectNode copy = pruned.edit();
    Defaulter.apply(schema, copy);
    return copy.equals(pruned.tree()) ? pruned : KubeObject.of(copy);
  }

  private KubeObject pruned(KubeObject object) {
    SchemaType schema = schemas.get(object.gvk().version());
    if (schema == null) {
      return object;
    }
    ObjectNode tree = Pruner.prune(schema, object.tree());
    return tree == object.tree() ? object : KubeObject.of(tree);
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
