package dev.coracle.apiserver.internal.admission;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.StatusException;
import dev.coracle.apiserver.internal.admission.AdmissionRequest.Operation;
import dev.coracle.apiserver.internal.registry.Backstage;
import io.smallrye.mutiny.Uni;

/**
 * Refuses what this server would store but not do: a policy that is kept and not enforced is worse
 * than none.
 */
final class NotEnforced implements AdmissionPlugin {

  @Override
  public String name() {
    return "NotEnforced";
  }

  @Override
  public Uni<Void> validate(AdmissionRequest request) {
    ObjectNode object = request.object();
    if (object == null
        || request.operation() != Operation.CREATE && request.operation() != Operation.UPDATE
        || !request.call().subresource().isEmpty()) {
      return Backstage.DONE;
    }
    switch (request.resource().toString()) {
      case "apiservices.apiregistration.k8s.io" -> {
        if (object.path("spec").path("service").isObject()) {
          throw refuse("requests are not handed on to other API servers by this server");
        }
      }
      default -> {}
    }
    return Backstage.DONE;
  }

  private static StatusException refuse(String why) {
    return StatusException.notImplemented(why);
  }
}
