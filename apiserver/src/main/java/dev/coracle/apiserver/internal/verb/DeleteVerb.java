package dev.coracle.apiserver.internal.verb;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Status;
import dev.coracle.api.StatusException;
import dev.coracle.api.Timestamps;
import dev.coracle.api.rest.DeleteOptions;
import dev.coracle.apiserver.internal.admission.AdmissionRequest;
import dev.coracle.apiserver.internal.admission.AdmissionRequest.Operation;
import dev.coracle.apiserver.internal.registry.Backstage;
import dev.coracle.apiserver.internal.registry.Call;
import dev.coracle.apiserver.internal.registry.KindStrategy;
import dev.coracle.apiserver.internal.registry.ResourceType;
import io.smallrye.mutiny.Uni;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * Deletes an object: at once, or by marking it as being deleted while a grace period runs or
 * finalizers hold it (Kubernetes docs, "Finalizers", "Garbage Collection").
 */
public final class DeleteVerb {

  static final String ORPHAN = "orphan";
  static final String FOREGROUND = "foregroundDeletion";

  private final Backstage backstage;

  public DeleteVerb(Backstage backstage) {
    this.backstage = backstage;
  }

  /** What became of the object. */
  public sealed interface Outcome {

    /** It is gone; {@code last} was its last state. */
    record Gone(KubeObject last) implements Outcome {}

    /** It goes on living for a while. */
    record Going(KubeObject object) implements Outcome {}
  }

  /** The object must be deleted rather than marked. */
  private static final class Immediately extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Immediately() {
      super("delete at once", null, false, false);
    }
  }

  /** A finalizer came between: begin anew. */
  private static final class Held extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Held() {
      super("held by a finalizer", null, false, false);
    }
  }

  public Uni<Outcome> run(Call call, DeleteOptions options) {
    checkNamed(call);
    if (call.dryRun() || options.dryRun()) {
      return backstage
          .store()
          .get(call.type().stored(), call.key())
          .chain(stored -> mark(call, options, stored))
          .chain(call.type()::presented)
          .<Outcome>map(Outcome.Going::new)
          .onFailure(Immediately.class)
          .recoverWithUni(() ->
              backstage
                  .store()
                  .get(call.type().stored(), call.key())
                  .chain(call.type()::presented)
                  .call(before -> admit(call, options, before))
                  .map(Outcome.Gone::new));
    }
    return backstage
        .store()
        .update(call.type().stored(), call.key(), stored -> mark(call, options, stored))
        .call(o -> call.type().strategy().written(o, o))
        .chain(call.type()::presented)
        .<Outcome>map(Outcome.Going::new)
        .onFailure(Immediately.class)
        .recoverWithUni(() -> remove(call, options));
  }

  private static void checkNamed(Call call) {
    if (call.name().isEmpty()) {
      throw StatusException.badRequest("name must be provided");
    }
  }

  /** Gives the marked object, or fails with {@link Immediately} when nothing holds it. */
  private Uni<KubeObject> mark(Call call, DeleteOptions options, KubeObject stored) {
    return call.type().presented(stored).chain(before -> mark(call, options, stored, before));
  }

  private Uni<KubeObject> mark(
      Call call, DeleteOptions options, KubeObject stored, KubeObject before) {
    ResourceType type = call.type();
    KindStrategy strategy = type.strategy();
    if (strategy.isFirstMarked() && !before.isDeleting()) {
      return markFirst(call, options, before);
    }
    checkPreconditions(type, options, before);
    List<String> finalizers = finalizers(strategy, options, before);
    long grace = strategy.gracePeriodSeconds(before, options);
    boolean held = !finalizers.isEmpty() || strategy.heldBack(before.tree());
    AdmissionRequest request =
        new AdmissionRequest(call, Operation.DELETE, null, before, options.toJson());
    if (grace == 0 && !held) {
      return Uni.createFrom().failure(new Immediately());
    }
    boolean same = false;
    if (before.isDeleting()) {
      long running = before.metadata().path("deletionGracePeriodSeconds").asLong(0);
      boolean shorter = options.gracePeriodSeconds() >= 0 && grace < running;
      boolean timed = before.metadata().has("deletionGracePeriodSeconds");
      if (!shorter && running > 0) {
        // It is on its way already: nobody is asked, as upstream asks nobody, and what becomes of
        // its dependents was said before.
        return Uni.createFrom().item(stored);
      }
      same = !shorter && timed && finalizers.equals(before.finalizers());
      grace = shorter ? grace : running;
    }
    long seconds = grace;
    boolean unchanged = same;
    return backstage
        .admission()
        .admit(request)
        .chain(() -> backstage.admission().validate(request))
        .chain(() ->
            unchanged
                ? Uni.createFrom().item(stored)
                : type.toStore(marked(type, before, finalizers, seconds)));
  }

  private Uni<KubeObject> markFirst(Call call, DeleteOptions options, KubeObject before) {
    ResourceType type = call.type();
    checkOwn(type, "UID", options.uid(), before.uid(), before);
    checkOwn(type, "ResourceVersion", options.resourceVersion(), before.resourceVersion(), before);
    AdmissionRequest request =
        new AdmissionRequest(call, Operation.DELETE, null, before, options.toJson());
    return backstage
        .admission()
        .admit(request)
        .chain(() -> backstage.admission().validate(request))
        .chain(() -> {
          ObjectNode copy = before.edit();
          Metadata.of(copy).put("deletionTimestamp", Timestamps.time(backstage.clock().instant()));
          type.strategy().prepareForDeletion(copy);
          return type.toStore(KubeObject.of(copy));
        });
  }

  /** A precondition in the words of the kinds that are first marked. */
  private static void checkOwn(
      ResourceType type, String what, String wanted, String is, KubeObject before) {
    if (!wanted.isEmpty() && !wanted.equals(is)) {
      throw StatusException.conflict(
          type.groupResource(),
          before.name(),
          "Precondition failed: %s in precondition: %s, %s in object meta: %s"
              .formatted(what, wanted, what, is));
    }
  }

  private KubeObject marked(
      ResourceType type, KubeObject before, List<String> finalizers, long grace) {
    Instant now = backstage.clock().instant();
    ObjectNode copy = before.edit();
    ObjectNode metadata = Metadata.of(copy);
    boolean first = !before.isDeleting();
    long running = before.metadata().path("deletionGracePeriodSeconds").asLong(0);
    if (first || grace < running || !metadata.has("deletionGracePeriodSeconds")) {
      Instant began =
          first
              ? now
              : java.util.Objects.requireNonNullElse(
                      Timestamps.parse(before.text("metadata", "deletionTimestamp")), now)
                  .minusSeconds(running);
      metadata.put("deletionTimestamp", Timestamps.time(began.plusSeconds(grace)));
      metadata.put("deletionGracePeriodSeconds", grace);
    }
    if (first && before.generation() > 0) {
      Metadata.countGeneration(metadata, before);
    }
    if (finalizers.isEmpty()) {
      metadata.remove("finalizers");
    } else {
      ArrayNode list = metadata.putArray("finalizers");
      finalizers.forEach(list::add);
    }
    type.strategy().prepareForDeletion(copy);
    return KubeObject.of(copy);
  }

  /** Fails with 409 where an object is not the one, or not the version, that was meant. */
  public static void checkPreconditions(
      ResourceType type, DeleteOptions options, KubeObject before) {
    if (!options.uid().isEmpty() && !options.uid().equals(before.uid())) {
      throw unmet(
          type,
          before,
          "UID",
          options.uid(),
          before.uid(),
          "The object might have been deleted and then recreated");
    }
    if (!options.resourceVersion().isEmpty()
        && !options.resourceVersion().equals(before.resourceVersion())) {
      throw unmet(
          type,
          before,
          "ResourceVersion",
          options.resourceVersion(),
          before.resourceVersion(),
          "The object might have been modified");
    }
  }

  /** Upstream names the kind here, where other conflicts name the resource. */
  private static StatusException unmet(
      ResourceType type, KubeObject object, String what, String wanted, String is, String maybe) {
    return StatusException.conflict(
        new GroupResource(type.kind().group(), type.kind().kind()),
        object.name(),
        "the "
            + what
            + " in the precondition ("
            + wanted
            + ") does not match the "
            + what
            + " in record ("
            + is
            + "). "
            + maybe);
  }

  private static List<String> finalizers(
      KindStrategy strategy, DeleteOptions options, KubeObject before) {
    List<String> out = new ArrayList<>(before.finalizers());
    if (strategy.defaultPropagation().equals("None")) {
      return out;
    }
    String policy = options.policy();
    if (policy.isEmpty()) {
      boolean said = out.contains(ORPHAN) || out.contains(FOREGROUND);
      policy = said ? "" : strategy.defaultPropagation();
    }
    switch (policy) {
      case "Orphan" -> {
        out.remove(FOREGROUND);
        addOnce(out, ORPHAN);
      }
      case "Foreground" -> {
        out.remove(ORPHAN);
        addOnce(out, FOREGROUND);
      }
      case "Background" -> {
        out.remove(ORPHAN);
        out.remove(FOREGROUND);
      }
      default -> {}
    }
    return out;
  }

  private static void addOnce(List<String> list, String value) {
    if (!list.contains(value)) {
      list.add(value);
    }
  }

  private Uni<Outcome> remove(Call call, DeleteOptions options) {
    ResourceType type = call.type();
    return backstage
        .store()
        .delete(
            type.stored(),
            call.key(),
            stored -> type.presented(stored).chain(before -> admit(call, options, before)))
        .call(gone -> type.strategy().written(null, gone))
        .chain(type::presented)
        .<Outcome>map(Outcome.Gone::new)
        .onFailure(Held.class)
        .recoverWithUni(() -> Uni.createFrom().deferred(() -> run(call, options)));
  }

  private Uni<Void> admit(Call call, DeleteOptions options, KubeObject before) {
    checkPreconditions(call.type(), options, before);
    if (!finalizers(call.type().strategy(), options, before).isEmpty()) {
      return Uni.createFrom().failure(new Held());
    }
    AdmissionRequest request =
        new AdmissionRequest(call, Operation.DELETE, null, before, options.toJson());
    return backstage
        .admission()
        .admit(request)
        .chain(() -> backstage.admission().validate(request));
  }

  /** What a client is answered. */
  public static KubeObject answer(ResourceType type, Outcome outcome) {
    return switch (outcome) {
      case Outcome.Going(KubeObject object) -> object;
      case Outcome.Gone(KubeObject last) ->
          type.strategy().returnsDeletedObject()
              ? last
              : KubeObject.of(
                  Status.success(
                          type.resource().group(),
                          type.resource().resource(),
                          last.name(),
                          last.uid())
                      .toJson());
    };
  }
}
