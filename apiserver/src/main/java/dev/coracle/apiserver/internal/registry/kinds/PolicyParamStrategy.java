package dev.coracle.apiserver.internal.registry.kinds;

import static java.util.stream.Collectors.joining;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupResource;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.api.StatusCause;
import dev.coracle.api.StatusException;
import dev.coracle.api.schema.ResourceDefinition;
import dev.coracle.apiserver.UserInfo;
import dev.coracle.apiserver.internal.authz.Attributes;
import dev.coracle.apiserver.internal.authz.Authorizer;
import dev.coracle.apiserver.internal.registry.Backstage;
import dev.coracle.apiserver.internal.registry.Call;
import dev.coracle.apiserver.internal.registry.KindStrategy;
import dev.coracle.apiserver.internal.registry.Registry;
import dev.coracle.watchhub.ResourceStore;
import io.smallrye.mutiny.Uni;
import java.util.List;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Admission policies and their bindings: who writes one sees in its messages what stands in its
 * parameters, and thus has to be allowed to read these.
 */
public final class PolicyParamStrategy implements KindStrategy {

  private static final String GROUP = "admissionregistration.k8s.io";

  private final Authorizer authorizer;
  private final Supplier<Registry> registry;
  private final ResourceStore store;
  private final boolean keepsMetadata;

  /**
   * @param registry which resource a kind is
   * @param keepsMetadata whether labels and annotations stay when the status is written
   */
  public PolicyParamStrategy(
      Authorizer authorizer,
      Supplier<Registry> registry,
      ResourceStore store,
      boolean keepsMetadata) {
    this.authorizer = authorizer;
    this.registry = registry;
    this.store = store;
    this.keepsMetadata = keepsMetadata;
  }

  @Override
  public boolean allowsUnconditionalUpdate() {
    return false;
  }

  @Override
  public boolean statusKeepsMetadata() {
    return keepsMetadata;
  }

  @Override
  public Uni<Void> beginWrite(ObjectNode now, @Nullable KubeObject before, Call call) {
    JsonNode spec = now.path("spec");
    if (!call.subresource().isEmpty() || call.user().in(UserInfo.MASTERS)) {
      return Backstage.DONE;
    }
    if (spec.has("policyName")) {
      return binding(spec, before == null ? null : before.at("spec"), call);
    }
    JsonNode kind = spec.path("paramKind");
    if (kind.isObject() && (before == null || !kind.equals(before.at("spec", "paramKind")))) {
      GroupVersionKind of = kind(kind);
      if (!may(call, "get", of.group(), resource(of), "*", "*")) {
        return refused(
            call,
            "paramKind",
            ("user %s must have \"get\" permission on all objects of the referenced paramKind"
                    + " (kind=%s, apiVersion=%s)")
                .formatted(said(call.user()), of.kind(), of.apiVersion()));
      }
    }
    return Backstage.DONE;
  }

  private Uni<Void> binding(JsonNode spec, @Nullable JsonNode before, Call call) {
    JsonNode ref = spec.path("paramRef");
    if (!ref.isObject()
        || before != null
            && ref.equals(before.path("paramRef"))
            && spec.path("policyName").equals(before.path("policyName"))) {
      return Backstage.DONE;
    }
    String policy = spec.path("policyName").asText("");
    String policies =
        isMutating(call) ? "mutatingadmissionpolicies" : "validatingadmissionpolicies";
    return store
        .get(new GroupResource(GROUP, policies), new NamespacedName("", policy))
        .map(p -> p.at("spec", "paramKind"))
        .onFailure(StatusException::isNotFound)
        .recoverWithNull()
        .chain(kind -> binding(ref, policy, kind, call));
  }

  private Uni<Void> binding(JsonNode ref, String policy, @Nullable JsonNode paramKind, Call call) {
    GroupVersionKind kind = paramKind != null && paramKind.isObject() ? kind(paramKind) : null;
    String name = ref.path("name").asText("");
    String verb = name.isEmpty() ? "list" : "get";
    String resource = kind == null ? "*" : resource(kind);
    String group = kind == null ? "*" : kind.group();
    if (may(call, verb, group, resource, ref.path("namespace").asText(""), name)) {
      return Backstage.DONE;
    }
    String user = said(call.user());
    if (paramKind != null && (kind == null || !resource.equals("*"))) {
      // Upstream's words about mutating policies have the two the wrong way round.
      return refused(
          call,
          "paramRef",
          "user %s does not have \"%s\" permission on the object referenced by paramRef"
              .formatted(isMutating(call) ? verb : user, isMutating(call) ? user : verb));
    }
    String what =
        kind == null
            ? "get policy " + policy
            : "resolve paramKind &{" + kind.apiVersion() + " " + kind.kind() + "}";
    return refused(
        call,
        "paramRef",
        ("unable to %s to determine minimum required permissions and user %s does not have \"%s\""
                + " permission for all groups, versions and resources")
            .formatted(what, user, verb));
  }

  private static boolean isMutating(Call call) {
    return call.type().groupResource().resource().startsWith("mutating");
  }

  private static GroupVersionKind kind(JsonNode kind) {
    return GroupVersionKind.of(kind.path("apiVersion").asText(""), kind.path("kind").asText(""));
  }

  /** All of them where nobody knows the kind. */
  private String resource(GroupVersionKind kind) {
    return registry
        .get()
        .scheme()
        .kind(kind)
        .map(ResourceDefinition::gvr)
        .map(r -> r.groupResource().resource())
        .orElse("*");
  }

  private boolean may(
      Call call, String verb, String group, String resource, String namespace, String name) {
    return authorizer
        .decide(Attributes.resource(call.user(), verb, group, resource, "", namespace, name))
        .allowed();
  }

  private static Uni<Void> refused(Call call, String field, String why) {
    StatusCause cause =
        new StatusCause(StatusCause.FORBIDDEN, "Forbidden: " + why, "spec." + field);
    return Uni.createFrom()
        .failure(StatusException.invalid(call.type().kind(), call.name(), List.of(cause)));
  }

  /** As Go prints what it knows of a user. */
  private static String said(UserInfo user) {
    String extra =
        new TreeMap<>(user.extra())
            .entrySet().stream()
                .map(e -> e.getKey() + ":[" + String.join(" ", e.getValue()) + "]")
                .collect(joining(" "));
    return "&{%s %s [%s] map[%s]}"
        .formatted(user.name(), user.uid(), String.join(" ", user.groups()), extra);
  }
}
