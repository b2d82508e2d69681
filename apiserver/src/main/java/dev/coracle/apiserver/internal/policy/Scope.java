package dev.coracle.apiserver.internal.policy;

import dev.cel.common.types.CelType;
import dev.cel.common.types.SimpleType;
import dev.coracle.cel.AuthorizerLibrary;
import dev.coracle.cel.CelEnvironment;
import dev.coracle.cel.CelTypes;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What an expression of admission may use; for one thread: {@code object}, {@code oldObject},
 * {@code request} and {@code namespaceObject} always, and what is named here.
 *
 * @param types of structs, by name
 * @param object the type of {@code object} and {@code oldObject}
 * @param params the type of {@code params}; null where there is no such variable
 * @param authorizer whether {@code authorizer} is there
 * @param variables the types of a policy's {@code variables}; null where there are none
 * @param patches whether {@code Object{…}} and {@code JSONPatch{…}} may be made
 */
record Scope(
    CelTypes types,
    CelType object,
    @Nullable CelType params,
    boolean authorizer,
    @Nullable Map<String, CelType> variables,
    boolean patches) {

  /** One for all webhooks. */
  private static final class Webhooks {
    static final CelEnvironment ENVIRONMENT =
        new Scope(new CelTypes(), SimpleType.DYN, null, true, null, false).environment();
  }

  /** Of the conditions of webhooks: untyped objects. */
  static CelEnvironment ofWebhooks() {
    return Webhooks.ENVIRONMENT;
  }

  /** Of a policy: untyped objects, and parameters where it has some. */
  static Scope ofPolicy(boolean params) {
    return new Scope(
        new CelTypes(), SimpleType.DYN, params ? SimpleType.DYN : null, true, null, false);
  }

  Scope withVariables(@Nullable Map<String, CelType> some) {
    return new Scope(types, object, params, authorizer, some, patches);
  }

  Scope withPatches() {
    return new Scope(types, object, params, authorizer, variables, true);
  }

  Scope withoutAuthorizer() {
    return new Scope(types, object, params, false, variables, patches);
  }

  CelEnvironment environment() {
    Map<String, CelType> vars = new LinkedHashMap<>();
    vars.put("object", object);
    vars.put("oldObject", object);
    vars.put("namespaceObject", AdmissionTypes.namespace(types));
    vars.put("request", AdmissionTypes.request(types));
    if (params != null) {
      vars.put("params", params);
    }
    if (authorizer) {
      vars.put("authorizer", AuthorizerLibrary.AUTHORIZER);
      vars.put("authorizer.requestResource", AuthorizerLibrary.RESOURCE);
    }
    if (variables != null) {
      vars.put("variables", types.struct("kubernetes.variables", variables));
    }
    return patches
        ? CelEnvironment.withPatches(vars, types.structs())
        : new CelEnvironment(vars, types.structs());
  }
}
