package dev.coracle.apiserver.internal.crd;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.Timestamps;
import dev.coracle.api.rest.DeleteOptions;
import dev.coracle.api.rest.ListOptions;
import dev.coracle.api.rest.WriteOptions;
import dev.coracle.api.schema.CustomResources;
import dev.coracle.api.schema.ResourceDefinition;
import dev.coracle.apiserver.UserInfo;
import dev.coracle.apiserver.internal.registry.Call;
import dev.coracle.apiserver.internal.registry.LiveCache;
import dev.coracle.apiserver.internal.registry.Registry;
import dev.coracle.apiserver.internal.registry.Warnings;
import dev.coracle.apiserver.internal.verb.Engine;
import dev.coracle.apiserver.validation.ApiApproval;
import dev.coracle.apiserver.validation.CaBundles;
import dev.coracle.watchhub.ResourceStore;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import java.time.Clock;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows the CustomResourceDefinitions: checks their names against one another, says so in their
 * conditions, serves what is established, and when a definition is deleted removes its objects
 * before it lets it go. Level-based: every event looks at the definition as it is now.
 */
public final class CustomResourceRegistrar {

  private static final Logger LOG = LoggerFactory.getLogger(CustomResourceRegistrar.class);
  private static final String FINALIZER = "customresourcecleanup.apiextensions.k8s.io";
  private static final String IN_PROGRESS = "InstanceDeletionInProgress";
  private static final long AGAIN_MILLIS = 500;
  private static final GroupResource DEFINITIONS =
      Resources.CUSTOM_RESOURCE_DEFINITIONS.groupResource();

  private final Vertx vertx;
  private final ResourceStore store;
  private final Registry registry;
  private final Engine engine;
  private final Converters converters;
  private final Clock clock;
  private final LiveCache definitions;
  private final Set<String> cleaning = new HashSet<>();
  private volatile Runnable whenServed = () -> {};

  public CustomResourceRegistrar(
      Vertx vertx,
      ResourceStore store,
      Registry registry,
      Engine engine,
      Converters converters,
      Clock clock) {
    this.converters = converters;
    this.vertx = vertx;
    this.store = store;
    this.registry = registry;
    this.engine = engine;
    this.clock = clock;
    this.definitions = new LiveCache(vertx, store, DEFINITIONS).listen(this::changed);
  }

  /** What is told when other resources are served than before. */
  public void whenServed(Runnable listener) {
    whenServed = listener;
  }

  public Uni<Void> start() {
    return definitions.start();
  }

  public void stop() {
    definitions.stop();
  }

  private void changed(@Nullable KubeObject before, @Nullable KubeObject now) {
    if (now == null) {
      if (before != null) {
        registry.scheme().remove(resource(before));
        converters.forget(resource(before));
        whenServed.run();
        // A name may have become free for another definition.
        definitions.all().forEach(this::settle);
      }
      return;
    }
    settle(now);
    JsonNode accepted = now.at("status", "acceptedNames");
    if (before != null && !before.at("status", "acceptedNames").equals(accepted)) {
      // One that it had may be free for another definition.
      definitions.all().stream().filter(d -> !d.name().equals(now.name())).forEach(this::settle);
    }
  }

  private static GroupResource resource(KubeObject definition) {
    return new GroupResource(
        definition.text("spec", "group"), definition.text("spec", "names", "plural"));
  }

  private void settle(KubeObject definition) {
    if (definition.isDeleting()) {
      end(definition);
      return;
    }
    NameClaim claim = NameClaim.of(definition, List.copyOf(definitions.all()));
    boolean established = condition(definition, "Established").equals("True");
    if (established || claim.isGranted() && isTrustKnown(definition)) {
      serve(definition);
    }
    KubeObject wanted = withStatus(definition, claim);
    if (!wanted.at("status").equals(definition.at("status"))) {
      store
          .update(
              DEFINITIONS,
              definition.key(),
              current -> Uni.createFrom().item(write(current, claim)))
          .subscribe()
          .with(_ -> {}, failure -> report(definition, failure));
    }
  }

  private KubeObject write(KubeObject current, NameClaim claim) {
    KubeObject wanted = withStatus(current, claim);
    return wanted.at("status").equals(current.at("status")) ? current : wanted;
  }

  private void serve(KubeObject definition) {
    try {
      List<ResourceDefinition> versions = CustomResources.definitions(definition.tree());
      converters.set(resource(definition), definition);
      registry.scheme().put(resource(definition), versions);
      whenServed.run();
    } catch (RuntimeException e) {
      report(definition, e);
    }
  }

  private static void report(KubeObject definition, Throwable failure) {
    if (!StatusException.isNotFound(failure)) {
      LOG.atWarn()
          .setMessage("cannot serve a custom resource")
          .addKeyValue("name", definition.name())
          .addKeyValue("why", failure.getMessage())
          .log();
    }
  }

  private static String condition(KubeObject definition, String type) {
    return condition(definition, type, "status");
  }

  private static String reason(KubeObject definition, String type) {
    return condition(definition, type, "reason");
  }

  private static String condition(KubeObject definition, String type, String field) {
    for (JsonNode c : definition.at("status", "conditions")) {
      if (c.path("type").asText("").equals(type)) {
        return c.path(field).asText("");
      }
    }
    return "";
  }

  private static boolean isTrustKnown(KubeObject definition) {
    return CaBundles.ofConversion(definition.at("spec")).isEmpty();
  }

  private KubeObject withStatus(KubeObject definition, NameClaim claim) {
    return definition.with(o -> {
      ObjectNode status = o.withObjectProperty("status");
      status.set("acceptedNames", claim.names().deepCopy());
      if (ApiApproval.isNeeded(definition.text("spec", "group"))) {
        ApiApproval approval = ApiApproval.of(o);
        set(
            status,
            ApiApproval.CONDITION,
            approval.isGiven(),
            approval.state().reason(),
            approval.message());
      }
      set(status, "NamesAccepted", claim.isGranted(), claim.reason(), claim.message());
      boolean established = condition(definition, "Established").equals("True");
      if (!established && claim.isGranted() && !isTrustKnown(definition)) {
        set(
            status,
            "Established",
            false,
            "InvalidCABundle",
            "The conversion webhook CABundle is invalid");
      } else if (established || claim.isGranted()) {
        set(
            status,
            "Established",
            true,
            "InitialNamesAccepted",
            "the initial names have been accepted");
      } else {
        set(status, "Established", false, "NotAccepted", "not all names are accepted");
      }
      if (!status.path("storedVersions").isArray()) {
        status.putArray("storedVersions");
      }
    });
  }

  private void set(ObjectNode status, String type, boolean is, String reason, String message) {
    ArrayNode conditions =
        status.get("conditions") instanceof ArrayNode a ? a : status.putArray("conditions");
    String text = is ? "True" : "False";
    ObjectNode mine = null;
    for (JsonNode c : conditions) {
      if (c.path("type").asText("").equals(type)) {
        mine = (ObjectNode) c;
      }
    }
    if (mine == null) {
      mine = conditions.addObject().put("type", type);
    }
    if (!mine.path("status").asText("").equals(text)) {
      mine.put("status", text).put("lastTransitionTime", Timestamps.time(clock.instant()));
    }
    mine.put("reason", reason).put("message", message);
  }

  /** Says that the definition is going and takes no new objects, before those there are deleted. */
  private void end(KubeObject definition) {
    if (!definition.finalizers().contains(FINALIZER)) {
      return;
    }
    boolean said = reason(definition, "Terminating").equals(IN_PROGRESS);
    boolean served = registry.preferred(resource(definition)).isPresent();
    if (condition(definition, "Established").equals("True") && !(said && served)) {
      serve(definition);
    }
    if (said) {
      clean(definition);
      return;
    }
    store
        .update(
            DEFINITIONS,
            definition.key(),
            current -> Uni.createFrom().item(current.with(this::terminating)))
        .subscribe()
        .with(
            _ -> {},
            failure -> {
              report(definition, failure);
              done(definition, !StatusException.isNotFound(failure));
            });
  }

  private void terminating(ObjectNode definition) {
    set(
        definition.withObjectProperty("status"),
        "Terminating",
        true,
        IN_PROGRESS,
        "CustomResource deletion is in progress");
  }

  /** Deletes the objects, then lets the definition go. */
  private void clean(KubeObject definition) {
    synchronized (cleaning) {
      if (!cleaning.add(definition.uid())) {
        return;
      }
    }
    remaining(definition)
        .chain(left -> left == 0 ? release(definition).replaceWith(0) : Uni.createFrom().item(left))
        .subscribe()
        .with(
            left -> done(definition, left > 0),
            failure -> {
              report(definition, failure);
              done(definition, !StatusException.isNotFound(failure));
            });
  }

  private void done(KubeObject definition, boolean again) {
    synchronized (cleaning) {
      cleaning.remove(definition.uid());
    }
    if (again) {
      vertx.setTimer(
          AGAIN_MILLIS, _ -> definitions.get("", definition.name()).ifPresent(this::settle));
    }
  }

  /** Asks for the deletion of all objects and tells how many are left. */
  private Uni<Integer> remaining(KubeObject definition) {
    var type = registry.preferred(resource(definition));
    if (type.isEmpty()) {
      return store.list(resource(definition), "", ListOptions.ALL).map(l -> l.items().size());
    }
    Call call =
        new Call(
            UserInfo.APISERVER,
            "deletecollection",
            type.get(),
            "",
            "",
            "",
            WriteOptions.NONE,
            "kube-apiserver",
            new Warnings());
    return engine
        .verbs()
        .deleteCollection()
        .run(call, ListOptions.ALL, DeleteOptions.DEFAULT)
        .chain(() -> store.list(type.get().stored(), "", ListOptions.ALL))
        .map(l -> l.items().size());
  }

  private Uni<KubeObject> release(KubeObject definition) {
    Call call =
        new Call(
            UserInfo.APISERVER,
            "update",
            registry.require(Resources.CUSTOM_RESOURCE_DEFINITIONS),
            "status",
            "",
            definition.name(),
            WriteOptions.NONE,
            "kube-apiserver",
            new Warnings());
    return engine
        .verbs()
        .updates()
        .run(
            call,
            dev.coracle.apiserver.internal.verb.ObjectUpdate.Scope.of("status"),
            current ->
                Uni.createFrom()
                    .item(() -> {
                      ObjectNode copy = current.edit();
                      ArrayNode kept = Json.array();
                      current.finalizers().stream()
                          .filter(f -> !f.equals(FINALIZER))
                          .forEach(kept::add);
                      ((ObjectNode) copy.path("metadata")).set("finalizers", kept);
                      set(
                          copy.withObjectProperty("status"),
                          "Terminating",
                          false,
                          "InstanceDeletionCompleted",
                          "removed all instances");
                      return copy;
                    }));
  }
}
