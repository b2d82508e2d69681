package dev.coracle.apiserver.internal.verb;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusCause;
import dev.coracle.api.StatusException;
import dev.coracle.apiserver.internal.admission.AdmissionRequest;
import dev.coracle.apiserver.internal.admission.AdmissionRequest.Operation;
import dev.coracle.apiserver.internal.registry.Backstage;
import dev.coracle.apiserver.internal.registry.Call;
import dev.coracle.apiserver.internal.registry.ResourceType;
import dev.coracle.apiserver.warning.KindWarnings;
import io.smallrye.mutiny.Uni;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What update, patch and the subresources share: read the object, make the new one, put back what
 * is the server's, admit, validate, write; begin anew when another write came between.
 */
public final class ObjectUpdate {

  /** The last finalizer went: the object is to be deleted instead of written. */
  private static final class Emptied extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final transient KubeObject stored;
    private final transient KubeObject result;

    Emptied(KubeObject stored, KubeObject result) {
      super("finalizers are empty", null, false, false);
      this.stored = stored;
      this.result = result;
    }
  }

  /**
   * Makes the new object, a tree of its own, from the current one; called once for every attempt.
   */
  @FunctionalInterface
  public interface Change {
    Uni<ObjectNode> from(KubeObject current);
  }

  /**
   * Which part of the object a request may change.
   *
   * @param name of the subresource, as noted in managedFields; empty for the object itself
   * @param fields the top-level fields it may change, besides metadata; null for all but status
   * @param recordsManager false where the change function has seen to managedFields itself
   */
  public record Scope(
      String name, @org.jspecify.annotations.Nullable List<String> fields, boolean recordsManager) {

    static final Scope OBJECT = new Scope("", null, true);
    static final Scope STATUS = new Scope("status", List.of("status"), true);

    /** The scope of a subresource that shows a part of the object itself. */
    public static Scope of(String subresource) {
      return switch (subresource) {
        case "" -> OBJECT;
        case "status" -> STATUS;
        case "approval" -> new Scope(subresource, List.of("status"), true);
        default -> new Scope(subresource, List.of("spec"), true);
      };
    }

    /** The same, of a change that has seen to managedFields itself. */
    public Scope silent() {
      return new Scope(name, fields, false);
    }
  }

  /**
   * What the strategy began for the last attempt of one update: it ends when that is written, and
   * is undone when another attempt follows or none succeeds. Attempts come one after the other.
   */
  private static final class Begun {

    private final Call call;
    private @Nullable ObjectNode now;
    private @Nullable KubeObject before;

    Begun(Call call) {
      this.call = call;
    }

    void keep(ObjectNode begunNow, KubeObject begunBefore) {
      now = begunNow;
      before = begunBefore;
    }

    void undo() {
      ObjectNode begunNow = now;
      if (begunNow != null) {
        now = null;
        call.type().strategy().undo(begunNow, before, call);
      }
    }

    Uni<Void> written() {
      ObjectNode begunNow = now;
      if (begunNow == null) {
        return Backstage.DONE;
      }
      now = null;
      return call.type().strategy().written(KubeObject.of(begunNow), before);
    }
  }

  private final Backstage backstage;

  public ObjectUpdate(Backstage backstage) {
    this.backstage = backstage;
  }

  public Uni<KubeObject> run(Call call, Scope scope, Change change) {
    ResourceType type = call.type();
    Begun begun = new Begun(call);
    if (call.dryRun()) {
      return backstage
          .store()
          .get(type.stored(), call.key())
          .chain(stored -> attempt(call, scope, change, stored, begun))
          .chain(type::presented)
          .onFailure(Emptied.class)
          .recoverWithUni(e -> type.presented(e.result));
    }
    return backstage
        .store()
        .update(type.stored(), call.key(), stored -> attempt(call, scope, change, stored, begun))
        .call(begun::written)
        .chain(type::presented)
        .onFailure()
        .invoke(begun::undo)
        .onFailure(Emptied.class)
        .recoverWithUni(e -> delete(call, e));
  }

  private Uni<KubeObject> delete(Call call, Emptied emptied) {
    ResourceType type = call.type();
    return backstage
        .store()
        .delete(
            type.stored(),
            call.key(),
            current ->
                current.resourceVersion().equals(emptied.stored.resourceVersion())
                    ? Backstage.DONE
                    : Uni.createFrom()
                        .failure(StatusException.modified(type.groupResource(), call.name())))
        .call(gone -> type.strategy().written(null, gone))
        .chain(_ -> type.presented(emptied.result));
  }

  private Uni<KubeObject> attempt(
      Call call, Scope scope, Change change, KubeObject stored, Begun begun) {
    begun.undo();
    return call.type()
        .presented(stored)
        .chain(before ->
            change.from(before).chain(now -> admit(call, scope, stored, before, now, begun)));
  }

  private Uni<KubeObject> admit(
      Call call, Scope scope, KubeObject stored, KubeObject before, ObjectNode now, Begun begun) {
    ResourceType type = call.type();
    checkIdentity(call, now);
    Metadata.carryOver(now, before, call);
    restrict(scope, type, now, before);
    type.strategy().decoded(now);
    type.rules().setDefaults(now);
    Instant time = backstage.clock().instant();
    if (scope.recordsManager()) {
      // Before admission, as with what is new: what that changes belongs to nobody.
      type.rules().recordManager(before, now, call.fieldManager(), scope.name(), time);
    }
    AdmissionRequest request = new AdmissionRequest(call, Operation.UPDATE, now, before, null);
    Uni<Void> admitted = backstage.admission().admit(request);
    if (admitted != Backstage.DONE) {
      // Something was asked, and may have changed it.
      admitted = admitted.invoke(() -> checkAdmitted(call, scope, now, before));
    }
    return admitted.chain(() -> validate(call, scope, stored, before, now, request, begun));
  }

  /** What admission made of an object is held to what holds of one that is sent. */
  private static void checkAdmitted(Call call, Scope scope, ObjectNode now, KubeObject before) {
    DuplicateOwners.dropAdmitted(now, call.warnings()::add);
    Metadata.checkAdmitted(now, before, call);
    restrict(scope, call.type(), now, before);
  }

  /** What an object says of itself, before it is known whether there is one of its name. */
  static void checkSent(Call call, ObjectNode object) {
    boolean typed = !object.path("kind").asText("").isEmpty();
    if (!call.type().custom() || !typed) {
      Metadata.checkKind(object, call.type(), "");
    }
    Metadata.checkNamed(Metadata.of(object).path("name").asText(""), call);
    Metadata.checkNamespace(object, call);
  }

  private static void checkIdentity(Call call, ObjectNode now) {
    Metadata.checkNamed(Metadata.of(now).path("name").asText(""), call);
    Metadata.checkKind(now, call.type(), "");
    Metadata.checkNamespace(now, call);
  }

  /** Puts back everything that this scope does not reach. */
  private static void restrict(Scope scope, ResourceType type, ObjectNode now, KubeObject before) {
    List<String> fields = scope.fields();
    if (fields == null) {
      if (type.hasStatus()) {
        copy("status", before.tree(), now);
      }
      return;
    }
    ObjectNode given = Json.object();
    given.setAll(now);
    ObjectNode metadata = metadata(scope, type, (ObjectNode) given.get("metadata"), before);
    now.removeAll();
    before
        .tree()
        .forEachEntry((field, value) -> {
          if (field.equals("metadata")) {
            now.set(field, metadata);
          } else if (!fields.contains(field)) {
            // What a patch left alone is a copy already.
            JsonNode same = given.get(field);
            now.set(field, value.equals(same) ? same : value.deepCopy());
          } else if (given.has(field)) {
            now.set(field, given.get(field));
          }
        });
    fields.stream().filter(given::has).forEach(field -> now.set(field, given.get(field)));
  }

  private static ObjectNode metadata(
      Scope scope, ResourceType type, ObjectNode given, KubeObject before) {
    if (type.custom() && scope.name().equals("status")) {
      ObjectNode kept = before.metadata().deepCopy();
      if (given.has("managedFields")) {
        kept.set("managedFields", given.get("managedFields"));
      }
      return kept;
    }
    type.strategy()
        .keptMetadata(scope.name())
        .forEach(field -> copy(field, (ObjectNode) before.metadata(), given));
    return given;
  }

  private static void copy(String field, ObjectNode from, ObjectNode to) {
    JsonNode value = from.get(field);
    if (value == null) {
      to.remove(field);
    } else {
      to.set(field, value.deepCopy());
    }
  }

  private Uni<KubeObject> validate(
      Call call,
      Scope scope,
      KubeObject stored,
      KubeObject before,
      ObjectNode now,
      AdmissionRequest request,
      Begun begun) {
    ResourceType type = call.type();
    type.strategy().prepareForUpdate(now, before, call);
    ObjectNode metadata = Metadata.of(now);
    if (type.strategy().tracksGeneration()
        && !scope.name().equals("status")
        && Metadata.wantedStateDiffers(now, before, type)) {
      Metadata.countGeneration(metadata, before);
    }
    boolean changed = !Metadata.sameButManagers(now, before);
    List<StatusCause> causes = new ArrayList<>(Metadata.checkUpdate(now, before));
    causes.addAll(type.rules().validate(now, before, scope.name(), call.warnings()::add));
    causes.addAll(type.strategy().validate(now, before, call));
    if (!causes.isEmpty()) {
      throw StatusException.invalid(type.kind(), metadata.path("name").asText(""), causes);
    }
    if (scope.name().isEmpty()) {
      KindWarnings.ofUpdate(type.definition(), now, before.tree(), call.warnings()::add);
    }
    return backstage
        .admission()
        .validate(request)
        .chain(() -> {
          // What is stored in another version than is stored now is written anew, as whoever
          // migrates a resource counts on.
          boolean migrated = stored.apiVersion().equals(type.storedKind().apiVersion());
          if (!changed && migrated && Metadata.sameManagers(now, before)) {
            return Uni.createFrom().item(stored);
          }
          KubeObject result = KubeObject.of(now);
          if (goesNow(type, result)) {
            return type.toStore(result)
                .chain(last -> Uni.createFrom().failure(new Emptied(stored, last)));
          }
          return write(call, before, now, result, begun);
        });
  }

  private static boolean goesNow(ResourceType type, KubeObject now) {
    return now.isDeleting()
        && now.finalizers().isEmpty()
        && !type.strategy().heldBack(now.tree())
        && now.metadata().path("deletionGracePeriodSeconds").asLong(0) == 0;
  }

  private static Uni<KubeObject> write(
      Call call, KubeObject before, ObjectNode now, KubeObject result, Begun begun) {
    ResourceType type = call.type();
    return type.strategy()
        .beginWrite(now, before, call)
        .chain(() -> {
          begun.keep(now, before);
          if (call.dryRun()) {
            begun.undo();
          }
          return type.toStore(result);
        });
  }

  /**
   * A change that ignores what is there: the body of an update. Keeps the body whole for another
   * attempt.
   */
  public static Change replaceBy(ObjectNode body) {
    return _ -> Uni.createFrom().item(body.deepCopy());
  }

  /** A change by an edit of a copy. */
  public static Change edit(Function<KubeObject, ObjectNode> edit) {
    return current -> Uni.createFrom().item(edit.apply(current));
  }
}
