package dev.coracle.apiserver.internal.webhook;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.KubeObject;
import dev.coracle.apiserver.internal.admission.AdmissionRequest;
import dev.coracle.apiserver.internal.registry.Call;
import dev.coracle.apiserver.internal.registry.ResourceType;
import dev.coracle.apiserver.internal.subresource.ScaleSubresource;
import org.jspecify.annotations.Nullable;

/**
 * The object of a request in the version, and as the subresource, that a webhook or policy sees.
 */
public final class ReviewedObject {

  private ReviewedObject() {}

  /** Shares with the tree it is made of; read, never change. */
  public static @Nullable ObjectNode now(AdmissionRequest request, Target target) {
    if (request.operation() == AdmissionRequest.Operation.CONNECT) {
      return request.options();
    }
    ObjectNode object = request.object();
    return object == null ? null : show(request.call(), object, target);
  }

  public static @Nullable ObjectNode before(AdmissionRequest request, Target target) {
    KubeObject before = request.before();
    return before == null ? null : show(request.call(), before.tree(), target);
  }

  private static ObjectNode show(Call call, ObjectNode object, Target target) {
    if (call.subresource().equals("scale")) {
      return ScaleSubresource.scale(call, KubeObject.of(object)).tree();
    }
    GroupVersionKind own = call.type().kind();
    return own.equals(target.kind())
        ? object
        : call.type().conversion().convert(object, own, target.kind());
  }

  /** The request's own object after a change of what was shown. */
  public static ObjectNode back(AdmissionRequest request, Target target, ObjectNode changed) {
    ResourceType type = request.call().type();
    if (request.call().subresource().equals("scale")) {
      ObjectNode object = java.util.Objects.requireNonNull(request.object());
      return ScaleSubresource.changed(request.call(), KubeObject.of(object), changed);
    }
    return type.kind().equals(target.kind())
        ? changed
        : type.conversion().convert(changed, target.kind(), type.kind());
  }
}
