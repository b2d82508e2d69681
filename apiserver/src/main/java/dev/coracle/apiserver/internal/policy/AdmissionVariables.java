package dev.coracle.apiserver.internal.policy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.apiserver.internal.admission.AdmissionRequest;
import dev.coracle.apiserver.internal.authz.Authorizer;
import dev.coracle.apiserver.internal.registry.Call;
import dev.coracle.apiserver.internal.webhook.AdmissionReview;
import dev.coracle.apiserver.internal.webhook.ReviewedObject;
import dev.coracle.apiserver.internal.webhook.Target;
import dev.coracle.cel.AuthorizerLibrary.Asking;
import dev.coracle.cel.AuthorizerLibrary.ResourceCheck;
import dev.coracle.cel.CelValues;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The values of what expressions of admission may look at. */
public final class AdmissionVariables {

  private AdmissionVariables() {}

  /** The values for one request, to which a policy adds its parameters and variables. */
  public static Map<String, Object> values(
      AdmissionRequest request, Target target, Authorizer authorizer) {
    Call call = request.call();
    ObjectNode attributes = AdmissionReview.attributes(request, target, "");
    Map<String, Object> out = new HashMap<>();
    out.put("object", CelValues.of(ReviewedObject.now(request, target)));
    out.put("oldObject", CelValues.of(ReviewedObject.before(request, target)));
    out.put("request", CelValues.of(attributes));
    out.put("namespaceObject", CelValues.of(null));
    Asking asking = new AuthorizerQuestions(authorizer, call.user());
    out.put("authorizer", asking);
    out.put(
        "authorizer.requestResource",
        new ResourceCheck(
            asking,
            call.type().resource().group(),
            call.type().resource().resource(),
            call.subresource(),
            attributes.path("namespace").asText(""),
            request.objectName()));
    return out;
  }

  static Object object(Optional<KubeObject> object) {
    return CelValues.of(object.map(KubeObject::tree).orElse(null));
  }

  /** A namespace without what its type leaves out; null of what is in none. */
  static Object namespace(Optional<KubeObject> namespace) {
    ObjectNode tree = namespace.map(KubeObject::edit).orElse(null);
    if (tree != null && tree.path("metadata") instanceof ObjectNode metadata) {
      metadata.remove(List.of("managedFields", "ownerReferences", "selfLink"));
      tree.remove(List.of("kind", "apiVersion"));
    }
    return CelValues.of(tree);
  }
}
