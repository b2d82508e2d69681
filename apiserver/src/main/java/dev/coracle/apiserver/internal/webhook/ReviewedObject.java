package dev.coracle.apiserver.internal.webhook;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.apiserver.internal.admission.AdmissionRequest;
import dev.coracle.apiserver.internal.admission.AdmissionRequest.Operation;
import dev.coracle.apiserver.internal.registry.Backstage;
import dev.coracle.apiserver.internal.registry.Call;
import dev.coracle.apiserver.internal.registry.LateConversion;
import dev.coracle.apiserver.internal.registry.ResourceType;
import dev.coracle.apiserver.internal.registry.SubresourceSchemas;
import dev.coracle.apiserver.internal.subresource.ScaleSubresource;
import io.smallrye.mutiny.Uni;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The object of a request in the version, and as the subresource, that a webhook or policy sees.
 */
public final class ReviewedObject {

  private ReviewedObject() {}

  /**
   * Completes when the request can be shown in this version: a webhook may have to convert it. To
   * be asked before {@link #now} and {@link #before}, and again after each change.
   */
  public static Uni<Void> ready(AdmissionRequest request, Target target) {
    LateConversion late = late(request, target);
    if (late == null) {
      return Backstage.DONE;
    }
    ObjectNode object = request.object();
    KubeObject before = request.before();
    boolean asksNow = object != null && request.shown().object(target.kind(), object) == null;
    boolean asksBefore = before != null && request.shown().before(target.kind()) == null;
    List<KubeObject> asked = new ArrayList<>(2);
    ObjectNode now = asksNow ? Objects.requireNonNull(object).deepCopy() : null;
    if (now != null) {
      asked.add(KubeObject.of(now));
    }
    if (asksBefore) {
      asked.add(Objects.requireNonNull(before));
    }
    if (asked.isEmpty()) {
      return Backstage.DONE;
    }
    return converted(late, asked, target.kind())
        .invoke(answers -> {
          if (now != null) {
            request.shown().object(target.kind(), now, answers.getFirst().tree());
          }
          if (asksBefore) {
            request.shown().before(target.kind(), answers.getLast().tree());
          }
        })
        .replaceWithVoid();
  }

  /** What converts this request's objects for the target; null where that needs nobody's answer. */
  private static @Nullable LateConversion late(AdmissionRequest request, Target target) {
    Call call = request.call();
    return request.operation() == Operation.CONNECT
            || SubresourceSchemas.isOfItsOwn(call)
            || call.type().kind().equals(target.kind())
        ? null
        : call.type().late();
  }

  private static Uni<List<KubeObject>> converted(
      LateConversion late, List<KubeObject> objects, GroupVersionKind to) {
    return late.convert(objects, to)
        .onFailure(StatusException.class)
        .transform(f -> StatusException.internal(String.valueOf(f.getMessage())));
  }

  /** Shares with the tree it is made of; read, never change. */
  public static @Nullable ObjectNode now(AdmissionRequest request, Target target) {
    if (request.operation() == Operation.CONNECT) {
      return request.options();
    }
    ObjectNode object = request.object();
    if (object == null || late(request, target) == null) {
      return object == null ? null : show(request.call(), object, target);
    }
    return Objects.requireNonNull(request.shown().object(target.kind(), object), "not ready");
  }

  public static @Nullable ObjectNode before(AdmissionRequest request, Target target) {
    KubeObject before = request.before();
    if (before == null || late(request, target) == null) {
      return before == null ? null : show(request.call(), before.tree(), target);
    }
    return Objects.requireNonNull(request.shown().before(target.kind()), "not ready");
  }

  private static ObjectNode show(Call call, ObjectNode object, Target target) {
    if (call.subresource().equals("scale")) {
      return ScaleSubresource.scale(call, KubeObject.of(object)).tree();
    }
    GroupVersionKind own = call.type().kind();
    return own.equals(target.kind()) || SubresourceSchemas.isOfItsOwn(call)
        ? object
        : call.type().conversion().convert(object, own, target.kind());
  }

  /** The request's own object after a change of what was shown. */
  public static Uni<ObjectNode> back(AdmissionRequest request, Target target, ObjectNode changed) {
    ResourceType type = request.call().type();
    LateConversion late = late(request, target);
    if (late != null) {
      return converted(late, List.of(KubeObject.of(changed)), type.kind())
          .map(answers -> answers.getFirst().edit());
    }
    ObjectNode back;
    if (request.call().subresource().equals("scale")) {
      ObjectNode object = Objects.requireNonNull(request.object());
      back = ScaleSubresource.changed(request.call(), KubeObject.of(object), changed);
    } else {
      back =
          type.kind().equals(target.kind()) || SubresourceSchemas.isOfItsOwn(request.call())
              ? changed
              : type.conversion().convert(changed, target.kind(), type.kind());
    }
    return Uni.createFrom().item(back);
  }
}
