package dev.coracle.apiserver.internal.policy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cel.common.types.CelType;
import dev.cel.common.types.ListType;
import dev.cel.common.types.MapType;
import dev.cel.common.types.SimpleType;
import dev.coracle.api.KubeObject;
import dev.coracle.apiserver.internal.admission.AdmissionRequest;
import dev.coracle.apiserver.internal.authz.Authorizer;
import dev.coracle.apiserver.internal.registry.Call;
import dev.coracle.apiserver.internal.webhook.AdmissionReview;
import dev.coracle.apiserver.internal.webhook.ReviewedObject;
import dev.coracle.apiserver.internal.webhook.Target;
import dev.coracle.cel.AuthorizerLibrary;
import dev.coracle.cel.AuthorizerLibrary.Asking;
import dev.coracle.cel.AuthorizerLibrary.ResourceCheck;
import dev.coracle.cel.CelEnvironment;
import dev.coracle.cel.CelTypes;
import dev.coracle.cel.CelValues;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** What expressions of admission may look at: their types, and their values for one request. */
public final class AdmissionVariables {

  private AdmissionVariables() {}

  /**
   * @param object the type of {@code object} and {@code oldObject}
   * @param ofPolicy with {@code params}, {@code namespaceObject} and {@code variables}
   * @param variables the types of a policy's own variables so far
   */
  static CelEnvironment environment(
      CelType object, CelTypes types, boolean ofPolicy, Map<String, CelType> variables) {
    Map<String, CelType> vars = new LinkedHashMap<>();
    vars.put("object", object);
    vars.put("oldObject", object);
    vars.put("request", request(types));
    vars.put("authorizer", AuthorizerLibrary.AUTHORIZER);
    vars.put("authorizer.requestResource", AuthorizerLibrary.RESOURCE);
    if (ofPolicy) {
      vars.put("params", SimpleType.DYN);
      vars.put("namespaceObject", SimpleType.DYN);
      vars.put("variables", types.struct("kubernetes.variables", variables));
    }
    return CelEnvironment.withPatches(vars, types.structs());
  }

  private static CelType request(CelTypes types) {
    CelType text = SimpleType.STRING;
    CelType kind =
        types.struct(
            "kubernetes.GroupVersionKind", Map.of("group", text, "version", text, "kind", text));
    CelType resource =
        types.struct(
            "kubernetes.GroupVersionResource",
            Map.of("group", text, "version", text, "resource", text));
    CelType user =
        types.struct(
            "kubernetes.UserInfo",
            Map.of(
                "username",
                text,
                "uid",
                text,
                "groups",
                ListType.create(text),
                "extra",
                MapType.create(text, ListType.create(text))));
    Map<String, CelType> fields = new LinkedHashMap<>();
    fields.put("kind", kind);
    fields.put("resource", resource);
    fields.put("subResource", text);
    fields.put("requestKind", kind);
    fields.put("requestResource", resource);
    fields.put("requestSubResource", text);
    fields.put("name", text);
    fields.put("namespace", text);
    fields.put("operation", text);
    fields.put("userInfo", user);
    fields.put("dryRun", SimpleType.BOOL);
    fields.put("options", SimpleType.DYN);
    return types.struct("kubernetes.AdmissionRequest", fields);
  }

  /** The values for one request, to which a policy adds its parameters and variables. */
  public static Map<String, Object> values(
      AdmissionRequest request, Target target, Authorizer authorizer) {
    Call call = request.call();
    ObjectNode attributes = AdmissionReview.attributes(request, target, "");
    Map<String, Object> out = new HashMap<>();
    out.put("object", CelValues.of(ReviewedObject.now(request, target)));
    out.put("oldObject", CelValues.of(ReviewedObject.before(request, target)));
    out.put("request", CelValues.of(attributes));
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
}
