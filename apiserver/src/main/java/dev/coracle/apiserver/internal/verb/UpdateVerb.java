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
    ObjectUpdate.Scope scope = ObjectUpdate.Scope.of(call.subresource());
    return updates
        .run(call, scope, ObjectUpdate.replaceBy(object))
        .map(o -> new Outcome(o, false))
        .onFailure(f -> StatusException.isNotFound(f) && createsInstead(call, object))
        .recoverWithUni(() ->
            // Deferred: of a failure that a recovery throws Mutiny makes one of both.
            Uni.createFrom()
                .deferred(() -> creates.runUpdated(call, object))
                .map(o -> new Outcome(o, true)));
  }

  private static boolean createsInstead(Call call, ObjectNode object) {
    return call.subresource().isEmpty()
        && call.type().strategy().allowsCreateOnUpdate()
        && object.path("metadata").path("uid").asText("").isEmpty();
  }
}
