package dev.coracle.apiserver.internal.structured;

import dev.cel.common.types.CelType;
import dev.cel.common.types.ListType;
import dev.cel.common.types.MapType;
import dev.cel.common.types.SimpleType;
import dev.coracle.cel.CelEnvironment;
import dev.coracle.cel.CelFailure;
import dev.coracle.cel.CelTypes;
import dev.coracle.cel.Expression;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** Compiles the expressions of configuration files, each in the environment it may use. */
final class Expressions {

  private static final CelType TEXT = SimpleType.STRING;
  private static final CelType TEXTS = ListType.create(TEXT);
  private static final Set<CelType> BOOL = Set.of(SimpleType.BOOL);

  private Expressions() {}

  /** {@code claims}, whose types nobody knows. */
  private static final class Claims {
    static final CelEnvironment ENVIRONMENT =
        new CelEnvironment(Map.of("claims", MapType.create(TEXT, SimpleType.DYN)), Map.of());
  }

  /** {@code user}, a UserInfo of authentication.k8s.io/v1. */
  private static final class User {
    static final CelEnvironment ENVIRONMENT;

    static {
      CelTypes types = new CelTypes();
      ENVIRONMENT = new CelEnvironment(Map.of("user", types.userInfo()), types.structs());
    }
  }

  /** {@code request}, the spec of a SubjectAccessReview of authorization.k8s.io/v1. */
  private static final class Access {
    static final CelEnvironment ENVIRONMENT;

    static {
      CelTypes types = new CelTypes();
      Map<String, CelType> resource = new LinkedHashMap<>();
      for (String name :
          new String[] {
            "namespace", "verb", "group", "version", "resource", "subresource", "name"
          }) {
        resource.put(name, TEXT);
      }
      CelType requirement =
          types.struct(
              "kubernetes.SelectorRequirement",
              Map.of("key", TEXT, "operator", TEXT, "values", TEXTS));
      Map<String, CelType> selector =
          Map.of("rawSelector", TEXT, "requirements", ListType.create(requirement));
      resource.put("fieldSelector", types.struct("kubernetes.FieldSelectorAttributes", selector));
      resource.put("labelSelector", types.struct("kubernetes.LabelSelectorAttributes", selector));
      Map<String, CelType> request = new LinkedHashMap<>();
      request.put("resourceAttributes", types.struct("kubernetes.ResourceAttributes", resource));
      request.put(
          "nonResourceAttributes",
          types.struct("kubernetes.NonResourceAttributes", Map.of("path", TEXT, "verb", TEXT)));
      request.put("user", TEXT);
      request.put("uid", TEXT);
      request.put("groups", TEXTS);
      request.put("extra", MapType.create(TEXT, TEXTS));
      ENVIRONMENT =
          new CelEnvironment(
              Map.of("request", types.struct("kubernetes.SubjectAccessReviewSpec", request)),
              types.structs());
    }
  }

  static Expression claimRule(Field at, String name) {
    return compile(Claims.ENVIRONMENT, at, name, BOOL, "must evaluate to bool");
  }

  static Expression claimText(Field at, String name) {
    return compile(
        Claims.ENVIRONMENT, at, name, Set.of(TEXT, SimpleType.DYN), "must evaluate to string");
  }

  static Expression claimTexts(Field at, String name) {
    return compile(
        Claims.ENVIRONMENT,
        at,
        name,
        Set.of(TEXT, TEXTS, ListType.create(SimpleType.DYN), SimpleType.DYN),
        "must evaluate to string or list of strings");
  }

  static Expression userRule(Field at, String name) {
    return compile(User.ENVIRONMENT, at, name, BOOL, "must evaluate to bool");
  }

  static Expression access(Field at, String name) {
    return compile(Access.ENVIRONMENT, at, name, BOOL, "must evaluate to bool");
  }

  private static Expression compile(
      CelEnvironment environment, Field at, String name, Set<CelType> wanted, String otherwise) {
    String text = at.required(name);
    try {
      return environment.compile(text, wanted, otherwise);
    } catch (CelFailure e) {
      throw at.child(name).error("Invalid value: \"" + text + "\": " + e.words());
    }
  }
}
