package dev.coracle.client.fake;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeList;
import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.StatusReason;
import dev.coracle.api.WatchEvent;
import dev.coracle.api.rest.DeleteOptions;
import dev.coracle.api.rest.ListOptions;
import dev.coracle.api.rest.Patch;
import dev.coracle.api.rest.WatchOptions;
import dev.coracle.api.rest.WriteOptions;
import dev.coracle.api.selector.LabelSelector;
import dev.coracle.client.Client;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * An API server's behaviour in memory, for unit tests: revisions, conflicts, watches with history,
 * merge and JSON patches (strategic and apply patches merge without a schema), deletion with grace
 * periods and finalizers, the subresources status, scale, binding, eviction, token and finalize,
 * generateName, generations, and a namespace's life. There is no validation, no defaulting and no
 * garbage collection.
 *
 * <p>Everything happens at once and in the caller's thread, under one lock; watchers get their
 * events before the write returns, so give them a context of their own (informers have one).
 * Nothing depends on time or chance: uids and generated names count up.
 */
public final class FakeClient implements Client {
  /** One call as it was made. The subresource is empty for the object itself. */
  public record Call(
      String verb,
      GroupVersionResource resource,
      String namespace,
      String name,
      String subresource) {

    @Override
    public String toString() {
      return verb
          + " "
          + resource.resource()
          + (subresource.isEmpty() ? "" : "/" + subresource)
          + " "
          + new NamespacedName(namespace, name);
    }
  }

  private final FakeHistory history = new FakeHistory(this);
  private final FakeObjects objects;
  private final FakePods pods;
  private final FakeDeletion deletion;
  private final List<Call> calls = new ArrayList<>();
  private final Map<String, String> documents = new HashMap<>();
  private Function<Call, Optional<StatusException>> faults = _ -> Optional.empty();
  private long names;

  public FakeClient() {
    this(Clock.systemUTC());
  }

  public FakeClient(Clock clock) {
    this.objects = new FakeObjects(history, clock);
    this.pods = new FakePods(objects, clock);
    this.deletion = new FakeDeletion(objects, clock);
  }

  // What a test does behind the API's back.

  /** Stores the object as it is, status and all, over whatever is there; gives it as stored. */
  public synchronized KubeObject put(GroupVersionResource resource, KubeObject object) {
    KubeObject before = objects.find(resource, object.namespace(), object.name());
    ObjectNode node = object.edit();
    objects.stamp(node, before);
    return objects.store(resource, before, KubeObject.of(node));
  }

  /** Changes a stored object, status and all. */
  public synchronized KubeObject change(
      GroupVersionResource resource, String namespace, String name, Consumer<ObjectNode> change) {
    return put(resource, objects.require(resource, namespace, name).with(change));
  }

  /** Takes the object away whatever its finalizers say, as a force does. */
  public synchronized void remove(GroupVersionResource resource, String namespace, String name) {
    objects.remove(resource, objects.require(resource, namespace, name));
  }

  /** The object as stored, null where there is none. */
  public synchronized @Nullable KubeObject peek(
      GroupVersionResource resource, String namespace, String name) {
    return objects.find(resource, namespace, name);
  }

  /** What {@link #raw} gives for this path, query and all. */
  public synchronized void serve(String path, String body) {
    documents.put(path, body);
  }

  /** All objects of the resource, by namespace and name. */
  public synchronized List<KubeObject> all(GroupVersionResource resource) {
    return objects.all(resource);
  }

  /** Every call so far, in order. */
  public synchronized List<Call> calls() {
    return List.copyOf(calls);
  }

  public synchronized List<Call> calls(String verb, GroupVersionResource resource) {
    return calls.stream()
        .filter(c -> c.verb().equals(verb) && c.resource().equals(resource))
        .toList();
  }

  public synchronized void forgetCalls() {
    calls.clear();
  }

  /** Calls for which {@code faults} gives a failure fail with it and change nothing. */
  public synchronized void failWhen(Function<Call, Optional<StatusException>> newFaults) {
    faults = newFaults;
  }

  /** Ends every running watch, as a server does when their time is up. */
  public void endWatches() {
    history.endWatches();
  }

  /** Forgets the history: watches from an older revision get 410. */
  public void compact() {
    history.compact();
  }

  // The API.

  @Override
  public Uni<KubeObject> get(GroupVersionResource resource, String namespace, String name) {
    return call(
        "get", resource, namespace, name, "", () -> objects.require(resource, namespace, name));
  }

  @Override
  public synchronized Uni<byte[]> raw(String path) {
    String body = documents.get(path);
    return body == null
        ? Uni.createFrom()
            .failure(
                StatusException.of(
                    StatusReason.NOT_FOUND, "the server could not find the requested resource"))
        : Uni.createFrom().item(body.getBytes(StandardCharsets.UTF_8));
  }

  @Override
  public Uni<KubeObject> getSubresource(
      GroupVersionResource resource, String namespace, String name, String subresource) {
    return call(
        "get",
        resource,
        namespace,
        name,
        subresource,
        () -> {
          KubeObject object = objects.require(resource, namespace, name);
          if (!subresource.equals("scale") || !object.at("spec", "replicas").isNumber()) {
            throw StatusException.notFound(resource.groupResource(), name + "/" + subresource);
          }
          return scale(object);
        });
  }

  @Override
  public Uni<KubeList> list(GroupVersionResource resource, String namespace, ListOptions options) {
    return call(
        "list",
        resource,
        namespace,
        "",
        "",
        () ->
            KubeList.of(
                Long.toString(history.revision()),
                objects.all(resource).stream()
                    .filter(o -> namespace.isEmpty() || o.namespace().equals(namespace))
                    .filter(options.labels()::matches)
                    .filter(options.fields()::matches)
                    .toList()));
  }

  @Override
  public Multi<WatchEvent> watch(
      GroupVersionResource resource, String namespace, WatchOptions options) {
    return Multi.createFrom()
        .deferred(() -> {
          synchronized (this) {
            calls.add(new Call("watch", resource, namespace, "", ""));
            Optional<StatusException> fault = faults.apply(calls.getLast());
            if (fault.isPresent()) {
              return Multi.createFrom().failure(fault.get());
            }
            return history.watch(resource, namespace, options, () -> all(resource));
          }
        });
  }

  @Override
  public Uni<KubeObject> create(
      GroupVersionResource resource, String namespace, KubeObject object, WriteOptions options) {
    return call(
        "create",
        resource,
        namespace,
        object.name(),
        "",
        () -> {
          ObjectNode node = object.edit();
          ObjectNode metadata = node.withObjectProperty("metadata");
          String name = object.name();
          if (name.isEmpty()) {
            name = metadata.path("generateName").asText("") + String.format("%05d", ++names);
            metadata.put("name", name);
          }
          if (!namespace.isEmpty()) {
            metadata.put("namespace", namespace);
            KubeObject home = peek(Resources.NAMESPACES, "", namespace);
            if (home != null && home.isDeleting()) {
              throw StatusException.forbidden(
                  resource.groupResource(),
                  name,
                  "unable to create new content in namespace "
                      + namespace
                      + " because it is being terminated");
            }
          }
          if (peek(resource, namespace, name) != null) {
            throw StatusException.alreadyExists(resource.groupResource(), name);
          }
          metadata.remove(List.of("uid", "creationTimestamp", "resourceVersion"));
          metadata.remove(List.of("deletionTimestamp", "deletionGracePeriodSeconds"));
          metadata.put("generation", 1);
          begin(resource, name, node);
          objects.stamp(node, null);
          return options.dryRun()
              ? KubeObject.of(node)
              : objects.store(resource, null, KubeObject.of(node));
        });
  }

  private static void begin(GroupVersionResource resource, String name, ObjectNode node) {
    if (node.has("spec")) {
      node.remove("status");
    }
    if (resource.equals(Resources.PODS)) {
      node.withObjectProperty("status").put("phase", "Pending");
    } else if (resource.equals(Resources.NAMESPACES)) {
      node.withObjectProperty("spec").putArray("finalizers").add("kubernetes");
      node.withObjectProperty("status").put("phase", "Active");
      node.withObjectProperty("metadata")
          .withObjectProperty("labels")
          .put("kubernetes.io/metadata.name", name);
    }
  }

  @Override
  public Uni<KubeObject> createSubresource(
      GroupVersionResource resource,
      String namespace,
      String name,
      String subresource,
      KubeObject object,
      WriteOptions options) {
    return call(
        "create",
        resource,
        namespace,
        name,
        subresource,
        () -> {
          KubeObject before = objects.require(resource, namespace, name);
          return switch (subresource) {
            case "binding" -> pods.bind(resource, before, object);
            case "eviction" ->
                deletion.delete(resource, before, DeleteOptions.of(object.at("deleteOptions")));
            case "token" ->
                object.with(tree ->
                    tree.putObject("status")
                        .put(
                            "token",
                            "of "
                                + name
                                + " by "
                                + object.at("spec", "boundObjectRef", "uid").asText("itself")));
            default ->
                throw StatusException.notFound(resource.groupResource(), name + "/" + subresource);
          };
        });
  }

  @Override
  public Uni<KubeObject> update(
      GroupVersionResource resource, KubeObject object, String subresource, WriteOptions options) {
    return call(
        "update",
        resource,
        object.namespace(),
        object.name(),
        subresource,
        () -> write(resource, object, subresource, options));
  }

  private KubeObject write(
      GroupVersionResource resource, KubeObject object, String subresource, WriteOptions options) {
    KubeObject before = objects.require(resource, object.namespace(), object.name());
    String expected = object.resourceVersion();
    if ((!expected.isEmpty() && !expected.equals(before.resourceVersion()))
        || (!object.uid().isEmpty() && !object.uid().equals(before.uid()))) {
      throw StatusException.modified(resource.groupResource(), object.name());
    }
    ObjectNode node = subresource.isEmpty() ? object.edit() : before.edit();
    switch (subresource) {
      case "" -> {
        if (node.has("spec")) {
          copy(before.tree(), node, "status");
        }
      }
      case "status" -> {
        copy(object.tree(), node, "status");
        // As with the status of most kinds.
        copy(
            object.tree().withObjectProperty("metadata"),
            node.withObjectProperty("metadata"),
            "annotations");
      }
      case "scale" ->
          node.withObjectProperty("spec").set("replicas", object.at("spec", "replicas"));
      case "finalize" ->
          node.withObjectProperty("spec").set("finalizers", object.at("spec", "finalizers"));
      case "ephemeralcontainers", "resize", "approval" -> {
        copy(object.tree(), node, "spec");
        copy(object.tree(), node, "status");
      }
      default ->
          throw StatusException.notFound(
              resource.groupResource(), object.name() + "/" + subresource);
    }
    objects.stamp(node, before);
    KubeObject now = KubeObject.of(node);
    if (now.equals(before) || options.dryRun()) {
      return now;
    }
    KubeObject stored = objects.store(resource, before, now);
    boolean ended =
        resource.equals(Resources.NAMESPACES)
            ? stored.at("spec", "finalizers").isEmpty() && stored.finalizers().isEmpty()
            : stored.finalizers().isEmpty()
                && (subresource.isEmpty() && before.at("metadata", "finalizers").size() > 0)
                && stored.at("metadata", "deletionGracePeriodSeconds").asLong(0) == 0;
    if (stored.isDeleting() && ended) {
      objects.remove(resource, stored);
    }
    return stored;
  }

  /** The selector of a kind that has none in its spec is in {@code status.selector}. */
  private static KubeObject scale(KubeObject object) {
    JsonNode selector = object.at("spec", "selector");
    String text =
        selector.isObject()
            ? LabelSelector.of(selector).toString()
            : object.text("status", "selector");
    ObjectNode out = Json.object().put("apiVersion", "autoscaling/v1").put("kind", "Scale");
    ObjectNode metadata = out.putObject("metadata");
    for (String field : new String[] {"name", "namespace", "uid", "resourceVersion"}) {
      metadata.set(field, object.metadata().path(field));
    }
    out.putObject("spec").set("replicas", object.at("spec", "replicas"));
    ObjectNode status = out.putObject("status");
    status.put("replicas", object.at("status", "replicas").asInt(0));
    if (!text.isEmpty()) {
      status.put("selector", text);
    }
    return KubeObject.of(out);
  }

  private static void copy(ObjectNode from, ObjectNode to, String field) {
    JsonNode value = from.get(field);
    if (value == null) {
      to.remove(field);
    } else {
      to.set(field, value);
    }
  }

  @Override
  public Uni<KubeObject> patch(
      GroupVersionResource resource,
      String namespace,
      String name,
      Patch patch,
      String subresource,
      WriteOptions options) {
    return call(
        "patch",
        resource,
        namespace,
        name,
        subresource,
        () -> {
          KubeObject before = peek(resource, namespace, name);
          if (before == null) {
            return switch (patch.type()) {
              case APPLY -> {
                ObjectNode node = (ObjectNode) patch.body().deepCopy();
                node.withObjectProperty("metadata").put("generation", 1);
                objects.stamp(node, null);
                yield objects.store(resource, null, KubeObject.of(node));
              }
              case JSON, MERGE, STRATEGIC_MERGE ->
                  throw StatusException.notFound(resource.groupResource(), name);
            };
          }
          JsonNode out =
              switch (patch.type()) {
                case JSON -> FakePatches.json(before.edit(), patch.body());
                case MERGE -> FakePatches.merge(before.edit(), patch.body(), false);
                case STRATEGIC_MERGE, APPLY -> FakePatches.merge(before.edit(), patch.body(), true);
              };
          return write(resource, KubeObject.of((ObjectNode) out), subresource, options);
        });
  }

  @Override
  public Uni<KubeObject> delete(
      GroupVersionResource resource, String namespace, String name, DeleteOptions options) {
    return call(
        "delete",
        resource,
        namespace,
        name,
        "",
        () -> deletion.delete(resource, objects.require(resource, namespace, name), options));
  }

  // Under the lock.

  private <T> Uni<T> call(
      String verb,
      GroupVersionResource resource,
      String namespace,
      String name,
      String subresource,
      Supplier<T> work) {
    return Uni.createFrom()
        .item(() -> {
          synchronized (this) {
            Call call = new Call(verb, resource, namespace, name, subresource);
            calls.add(call);
            faults
                .apply(call)
                .ifPresent(fault -> {
                  throw fault;
                });
            return work.get();
          }
        });
  }
}
