package dev.coracle.apiserver.internal.verb;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.apiserver.internal.registry.Call;
import io.smallrye.mutiny.Uni;

/** Replaces an object, or one of its subresources that show a part of it. */
public final class UpdateVerb {

  private final ObjectUpdate updates;
  private final CreateVerb creates;

  public UpdateVerb(ObjectUpdate updates, CreateVerb creates) {
    this.updates = updates;
    this.creates = creates;
  }

  /** An answer, and whether the object is new. */
  public record Outcome(KubeObject object, boolean created) {}

  public Uni<Outcome> run(Call call, ObjectNode object) {
    ObjectUpdate.checkSent(call, object);
    DuplicateOwners.dropSent(object, call.warnings()::add);
    ObjectUpdate.Scope scope = ObjectUpdate.Scope.of(call.subresource());
    return updates
        .run(call, scope, ObjectUpdate.replaceBy(object))
        .map(o -> new Outcome(o, false))
        .onFailure(f -> isAbsent(call, f))
        .recoverWithUni(absent ->
            // Deferred: of a failure that a recovery throws Mutiny makes one of both.
            Uni.createFrom().deferred(() -> absent(call, object, absent)));
  }

  private static boolean isAbsent(Call call, Throwable failure) {
    return failure instanceof StatusException e
        && StatusException.isNotFound(e)
        && e.status().name().equals(call.name())
        && e.status().kind().equals(call.type().resource().resource());
  }

  /** A uid is compared with that of the object, which has none, before all else. */
  private Uni<Outcome> absent(Call call, ObjectNode object, Throwable absent) {
    String uid = object.path("metadata").path("uid").asText("");
    if (!uid.isEmpty()) {
      throw Metadata.otherUid(call.type().groupResource(), call.name(), uid, "");
    }
    return call.subresource().isEmpty() && call.type().strategy().allowsCreateOnUpdate()
        ? creates.runUpdated(call, object).map(o -> new Outcome(o, true))
        : Uni.createFrom().failure(absent);
  }
}
