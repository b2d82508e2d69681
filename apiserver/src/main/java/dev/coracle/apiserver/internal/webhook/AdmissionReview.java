package dev.coracle.apiserver.internal.webhook;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.apiserver.UserInfo;
import dev.coracle.apiserver.internal.admission.AdmissionRequest;
import dev.coracle.apiserver.internal.registry.Call;
import dev.coracle.apiserver.internal.webhook.WebhookClient.CallFailed;
import org.jspecify.annotations.Nullable;

/** What a webhook is sent, and the check of what it answers ({@code admission.k8s.io/v1}). */
public final class AdmissionReview {

  private AdmissionReview() {}

  static ObjectNode request(AdmissionRequest of, Target target, String version, String uid) {
    ObjectNode review = Json.object();
    review.put("kind", "AdmissionReview").put("apiVersion", "admission.k8s.io/" + version);
    ObjectNode request = attributes(of, target, uid);
    request.set("object", ReviewedObject.now(of, target));
    request.set("oldObject", ReviewedObject.before(of, target));
    review.set("request", request);
    return review;
  }

  /** Everything but the objects: also what policies see as {@code request}. */
  public static ObjectNode attributes(AdmissionRequest of, Target target, String uid) {
    Call call = of.call();
    Target own = Target.of(call.type().definition(), call.subresource());
    ObjectNode out = Json.object();
    if (!uid.isEmpty()) {
      out.put("uid", uid);
    }
    out.set("kind", kind(target.kind()));
    out.set("resource", resource(target.resource()));
    if (!call.subresource().isEmpty()) {
      out.put("subResource", call.subresource());
    }
    out.set("requestKind", kind(own.kind()));
    out.set("requestResource", resource(own.resource()));
    if (!call.subresource().isEmpty()) {
      out.put("requestSubResource", call.subresource());
    }
    String name = of.objectName();
    if (!name.isEmpty()) {
      out.put("name", name);
    }
    String namespace = call.type().is("", "namespaces") ? name : call.namespace();
    if (!namespace.isEmpty()) {
      out.put("namespace", namespace);
    }
    out.put("operation", of.operation().name());
    out.set("userInfo", user(call.user()));
    out.put("dryRun", call.dryRun() || dryDelete(of));
    out.set("options", options(of));
    return out;
  }

  static boolean dryDelete(AdmissionRequest of) {
    ObjectNode options = of.options();
    return options != null && !options.path("dryRun").isEmpty();
  }

  private static ObjectNode kind(GroupVersionKind kind) {
    return Json.object()
        .put("group", kind.group())
        .put("version", kind.version())
        .put("kind", kind.kind());
  }

  private static ObjectNode resource(GroupVersionResource resource) {
    return Json.object()
        .put("group", resource.group())
        .put("version", resource.version())
        .put("resource", resource.resource());
  }

  private static ObjectNode user(UserInfo user) {
    ObjectNode out = Json.object().put("username", user.name());
    if (!user.uid().isEmpty()) {
      out.put("uid", user.uid());
    }
    if (!user.groups().isEmpty()) {
      var groups = out.putArray("groups");
      user.groups().forEach(groups::add);
    }
    if (!user.extra().isEmpty()) {
      ObjectNode extra = out.putObject("extra");
      user.extra().forEach((key, values) -> values.forEach(extra.withArrayProperty(key)::add));
    }
    return out;
  }

  private static @Nullable ObjectNode options(AdmissionRequest of) {
    Call call = of.call();
    switch (of.operation()) {
      case CONNECT -> {
        return null;
      }
      case DELETE -> {
        ObjectNode out = Json.object();
        out.put("kind", "DeleteOptions").put("apiVersion", "meta.k8s.io/v1");
        ObjectNode given = of.options();
        if (given != null) {
          given.forEachEntry((field, value) -> {
            if (!field.equals("kind") && !field.equals("apiVersion")) {
              out.set(field, value);
            }
          });
        }
        return out;
      }
      case CREATE, UPDATE -> {
        boolean create = of.operation() == AdmissionRequest.Operation.CREATE;
        ObjectNode out = Json.object();
        out.put("kind", create ? "CreateOptions" : "UpdateOptions");
        out.put("apiVersion", "meta.k8s.io/v1");
        if (call.dryRun()) {
          out.putArray("dryRun").add("All");
        }
        if (!call.options().fieldManager().isEmpty()) {
          out.put("fieldManager", call.options().fieldManager());
        }
        if (!call.options().fieldValidation().isEmpty()) {
          out.put("fieldValidation", call.options().fieldValidation());
        }
        return out;
      }
    }
    return null;
  }

  /** The {@code response}, when it answers this review. */
  static JsonNode response(JsonNode review, String version, String uid, boolean mutating) {
    JsonNode response = review.path("response");
    if (!response.isObject()) {
      throw invalid("webhook response was absent");
    }
    if (!version.equals("v1")) {
      // Of v1beta1 nothing more was ever asked.
      return response;
    }
    String answered = response.path("uid").asText("");
    if (!answered.equals(uid)) {
      throw invalid("expected response.uid=\"" + uid + "\", got \"" + answered + "\"");
    }
    if (!review.path("apiVersion").asText("").equals("admission.k8s.io/v1")
        || !review.path("kind").asText("").equals("AdmissionReview")) {
      throw invalid(
          "expected webhook response of admission.k8s.io/v1, Kind=AdmissionReview, got "
              + AnswerReader.shown(review));
    }
    checkPatch(!response.path("patch").asText("").isEmpty(), response.get("patchType"), mutating);
    return response;
  }

  private static void checkPatch(boolean patched, @Nullable JsonNode patchType, boolean mutating) {
    boolean typed = patchType != null && !patchType.isNull();
    if (!mutating && patched) {
      throw invalid("validating webhook may not return response.patch");
    }
    if (!mutating && typed) {
      throw invalid("validating webhook may not return response.patchType");
    }
    if (patched && !typed) {
      throw invalid("webhook returned response.patch but not response.patchType");
    }
    if (!patched && typed) {
      throw invalid("webhook returned response.patchType but not response.patch");
    }
    if (patchType != null && typed && patchType.asText("").isEmpty()) {
      throw invalid("webhook returned invalid response.patchType of \"\"");
    }
  }

  private static CallFailed invalid(String why) {
    return new CallFailed("received invalid webhook response: " + why);
  }
}
