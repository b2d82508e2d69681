package dev.coracle.apiserver.internal.verb;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.api.rest.Patch;
import dev.coracle.apiserver.internal.registry.Call;
import io.smallrye.mutiny.Uni;

/** A subresource that takes or gives objects of its own, and is not just a view of its object. */
public interface ObjectSubresource {

  default Uni<KubeObject> get(Call call) {
    throw unsupported(call, "get");
  }

  default Uni<KubeObject> create(Call call, ObjectNode body) {
    throw unsupported(call, "create");
  }

  default Uni<KubeObject> update(Call call, ObjectNode body) {
    throw unsupported(call, "update");
  }

  default Uni<KubeObject> patch(Call call, Patch patch) {
    throw unsupported(call, "patch");
  }

  private static StatusException unsupported(Call call, String verb) {
    return StatusException.methodNotAllowed(call.type().groupResource(), verb);
  }
}
