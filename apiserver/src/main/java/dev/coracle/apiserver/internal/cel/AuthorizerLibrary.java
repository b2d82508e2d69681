package dev.coracle.apiserver.internal.cel;

import dev.cel.common.types.CelType;
import dev.cel.common.types.OpaqueType;
import dev.cel.common.types.SimpleType;
import dev.coracle.api.StatusException;
import dev.coracle.api.selector.FieldSelector;
import dev.coracle.api.selector.LabelSelector;
import dev.coracle.api.validation.NameRules;
import dev.coracle.apiserver.UserInfo;
import dev.coracle.apiserver.internal.authz.Attributes;
import dev.coracle.apiserver.internal.authz.Authorizer;
import dev.coracle.apiserver.internal.authz.Authorizer.Decision;
import java.util.Map;

/**
 * Questions to the authorizer: {@code
 * authorizer.group("apps").resource("deployments").namespace("x").check("create").allowed()}.
 */
public final class AuthorizerLibrary {

  public static final CelType AUTHORIZER = OpaqueType.create("kubernetes.authorization.Authorizer");
  static final CelType PATH = OpaqueType.create("kubernetes.authorization.PathCheck");
  static final CelType GROUP = OpaqueType.create("kubernetes.authorization.GroupCheck");
  public static final CelType RESOURCE =
      OpaqueType.create("kubernetes.authorization.ResourceCheck");
  static final CelType DECISION = OpaqueType.create("kubernetes.authorization.Decision");

  /** What {@code authorizer} is. */
  public record Asking(Authorizer authorizer, UserInfo user) {}

  record PathCheck(Asking asking, String path) {}

  record GroupCheck(Asking asking, String group) {}

  /** What {@code authorizer.requestResource} is, and what is built from a group. */
  public record ResourceCheck(
      Asking asking,
      String group,
      String resource,
      String subresource,
      String namespace,
      String name,
      String fieldSelector,
      String labelSelector) {

    public ResourceCheck(
        Asking asking,
        String group,
        String resource,
        String subresource,
        String namespace,
        String name) {
      this(asking, group, resource, subresource, namespace, name, "", "");
    }

    private ResourceCheck with(String part, String value) {
      return new ResourceCheck(
          asking,
          group,
          resource,
          part.equals("subresource") ? value : subresource,
          part.equals("namespace") ? value : namespace,
          part.equals("name") ? value : name,
          part.equals("fieldSelector") ? value : fieldSelector,
          part.equals("labelSelector") ? value : labelSelector);
    }
  }

  private AuthorizerLibrary() {}

  static void addTo(Libraries libraries) {
    CelType text = SimpleType.STRING;
    libraries.member(
        "path",
        "authorizer_path",
        PATH,
        AUTHORIZER,
        text,
        Asking.class,
        String.class,
        (a, path) -> {
          if (path.isBlank()) {
            throw new CelFailure("path must not be empty", false);
          }
          return new PathCheck(a, path);
        });
    libraries.member(
        "group",
        "authorizer_group",
        GROUP,
        AUTHORIZER,
        text,
        Asking.class,
        String.class,
        GroupCheck::new);
    libraries.member(
        "serviceAccount",
        "authorizer_serviceaccount",
        AUTHORIZER,
        java.util.List.of(AUTHORIZER, text, text),
        java.util.List.of(Asking.class, String.class, String.class),
        args -> account((Asking) args[0], (String) args[1], (String) args[2]));
    libraries.member(
        "resource",
        "groupcheck_resource",
        RESOURCE,
        GROUP,
        text,
        GroupCheck.class,
        String.class,
        (g, resource) -> {
          if (resource.isBlank()) {
            throw new CelFailure("resource must not be empty", false);
          }
          return new ResourceCheck(g.asking(), g.group(), resource, "", "", "");
        });
    for (String part :
        new String[] {"subresource", "namespace", "name", "fieldSelector", "labelSelector"}) {
      libraries.member(
          part,
          "resourcecheck_" + part,
          RESOURCE,
          RESOURCE,
          text,
          ResourceCheck.class,
          String.class,
          (c, value) -> c.with(part, value));
    }
    libraries.member(
        "check",
        "pathcheck_check",
        DECISION,
        PATH,
        text,
        PathCheck.class,
        String.class,
        (c, verb) ->
            c.asking().authorizer().decide(Attributes.path(c.asking().user(), verb, c.path())));
    libraries.member(
        "check",
        "resourcecheck_check",
        DECISION,
        RESOURCE,
        text,
        ResourceCheck.class,
        String.class,
        AuthorizerLibrary::check);
    libraries.member(
        "allowed",
        "decision_allowed",
        SimpleType.BOOL,
        DECISION,
        Decision.class,
        Decision::allowed);
    libraries.member("reason", "decision_reason", text, DECISION, Decision.class, Decision::reason);
    libraries.member(
        "errored", "decision_errored", SimpleType.BOOL, DECISION, Decision.class, d -> false);
    libraries.member("error", "decision_error", text, DECISION, Decision.class, d -> "");
  }

  private static Decision check(ResourceCheck c, String verb) {
    return c.asking()
        .authorizer()
        .decide(
            Attributes.resource(
                    c.asking().user(),
                    verb,
                    c.group(),
                    c.resource(),
                    c.subresource(),
                    c.namespace(),
                    c.name())
                .limitedTo(fields(c.fieldSelector()), labels(c.labelSelector())));
  }

  /** What cannot be read limits nothing: the question is then a broader one. */
  private static FieldSelector fields(String text) {
    try {
      return FieldSelector.parse(text);
    } catch (StatusException e) {
      return FieldSelector.EVERYTHING;
    }
  }

  private static LabelSelector labels(String text) {
    try {
      return LabelSelector.parse(text);
    } catch (StatusException e) {
      return LabelSelector.EVERYTHING;
    }
  }

  private static Asking account(Asking from, String namespace, String name) {
    if (!NameRules.dnsSubdomain(name).isEmpty()) {
      throw new CelFailure("Invalid service account name", false);
    }
    if (!NameRules.dnsLabel(namespace).isEmpty()) {
      throw new CelFailure("Invalid service account namespace", false);
    }
    String user = "system:serviceaccount:" + namespace + ":" + name;
    return new Asking(
        from.authorizer(),
        new UserInfo(
            user,
            "",
            java.util.List.of(
                UserInfo.SERVICE_ACCOUNTS,
                UserInfo.SERVICE_ACCOUNTS + ":" + namespace,
                UserInfo.AUTHENTICATED),
            Map.of()));
  }
}
