package dev.coracle.apiserver.internal.registry.kinds;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.apiserver.UserInfo;
import dev.coracle.apiserver.internal.authz.Attributes;
import dev.coracle.apiserver.internal.authz.Authorizer;
import dev.coracle.apiserver.internal.registry.Backstage;
import dev.coracle.apiserver.internal.registry.Call;
import io.smallrye.mutiny.Uni;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Who may change which part of a claim's status (KEP-4817, Kubernetes docs, "Hardening Guide -
 * Dynamic Resource Allocation"): allocation and reservations whoever may {@code
 * resourceclaims/binding}, the state of a driver's devices whoever may {@code
 * resourceclaims/driver} of that name, by a verb that says whether from any node or only from the
 * one that the claim is allocated for. What the server drops since its device was deallocated is
 * nobody's change.
 */
final class ClaimStatusAccess {

  private static final String GROUP = "resource.k8s.io";
  private static final String NODE = "authentication.kubernetes.io/node-name";

  private final Authorizer authorizer;

  ClaimStatusAccess(Authorizer authorizer) {
    this.authorizer = authorizer;
  }

  Uni<Void> check(JsonNode now, JsonNode before, Call call) {
    FieldErrors errors = new FieldErrors();
    return binding(now, before, call, errors)
        .chain(() -> drivers(now, before, call, errors))
        .invoke(() -> errors.throwIfAny(call.type().kind(), call.name()));
  }

  private Uni<Void> binding(JsonNode now, JsonNode before, Call call, FieldErrors errors) {
    JsonNode status = now.path("status");
    JsonNode old = before.path("status");
    JsonNode reserved = status.path("reservedFor");
    boolean sameReserved =
        reserved.equals(old.path("reservedFor"))
            || (reserved.isEmpty() && old.path("reservedFor").isEmpty());
    if (sameReserved && Objects.equals(allocation(status), allocation(old))) {
      return Backstage.DONE;
    }
    return refusal(asked(call, call.verb(), "binding", "", ""))
        .invoke(refusal -> {
          if (!refusal.isEmpty()) {
            errors.forbidden(
                FieldPath.ROOT,
                "status",
                "changing status.allocation or status.reservedFor requires"
                    + " resource=\"resourceclaims/binding\", verb=\""
                    + call.verb()
                    + "\" permission: "
                    + refusal);
          }
        })
        .replaceWithVoid();
  }

  private static @Nullable JsonNode allocation(JsonNode status) {
    return status.hasNonNull("allocation") ? status.get("allocation") : null;
  }

  private Uni<Void> drivers(JsonNode now, JsonNode before, Call call, FieldErrors errors) {
    List<String> verbs = new ArrayList<>();
    if (isOfNode(call.user(), allocatedNode(now))) {
      verbs.add("associated-node:" + call.verb());
    }
    verbs.add("arbitrary-node:" + call.verb());
    Uni<Void> all = Backstage.DONE;
    for (String driver : changedDrivers(now, before)) {
      all = all.chain(() -> driver(driver, verbs, call, errors));
    }
    return all;
  }

  private Uni<Void> driver(String driver, List<String> verbs, Call call, FieldErrors errors) {
    List<Attributes> any =
        verbs.stream().map(verb -> asked(call, verb, "driver", call.namespace(), driver)).toList();
    return refusal(any)
        .invoke(words -> {
          if (!words.isEmpty()) {
            errors.forbidden(
                FieldPath.STATUS,
                "devices",
                "changing status.devices requires resource=\"resourceclaims/driver\", verb=\"["
                    + String.join(" ", verbs)
                    + "]\" permission: "
                    + words);
          }
        })
        .replaceWithVoid();
  }

  private static Attributes asked(
      Call call, String verb, String subresource, String namespace, String name) {
    return Attributes.resource(
            call.user(), verb, GROUP, "resourceclaims", subresource, namespace, name)
        .ofVersion(call.type().kind().version());
  }

  /** Empty where any of these is allowed, else the words of the first refusal. */
  private Uni<String> refusal(List<Attributes> any) {
    Uni<String> out = refusal(any.getFirst());
    for (Attributes other : any.subList(1, any.size())) {
      out =
          out.chain(words ->
              words.isEmpty()
                  ? Uni.createFrom().item("")
                  : refusal(other).map(more -> more.isEmpty() ? "" : words));
    }
    return out;
  }

  private Uni<String> refusal(Attributes asked) {
    return authorizer
        .ask(asked)
        .map(decision ->
            decision.allowed() ? "" : asked.forbidden(decision.reason()).status().message());
  }

  /** Those with a device whose state came, changed or was taken away, by name. */
  private static Set<String> changedDrivers(JsonNode now, JsonNode before) {
    Set<String> out = new TreeSet<>();
    Map<List<String>, JsonNode> old = new HashMap<>();
    devices(before).forEach(d -> old.put(ResourceClaimStrategy.id(d), d));
    for (JsonNode device : devices(now)) {
      JsonNode was = old.remove(ResourceClaimStrategy.id(device));
      if (!device.equals(was)) {
        out.add(device.path("driver").asText(""));
      }
    }
    Set<List<String>> gone = new HashSet<>(ResourceClaimStrategy.deallocated(now, before));
    old.forEach((id, device) -> {
      if (!gone.contains(id)) {
        out.add(device.path("driver").asText(""));
      }
    });
    return out;
  }

  private static JsonNode devices(JsonNode claim) {
    return claim.path("status").path("devices");
  }

  /** The only node the allocation is for, empty for several or none. */
  private static String allocatedNode(JsonNode claim) {
    JsonNode terms =
        claim.path("status").path("allocation").path("nodeSelector").path("nodeSelectorTerms");
    JsonNode fields = terms.path(0).path("matchFields");
    JsonNode field = fields.path(0);
    boolean one =
        terms.size() == 1
            && terms.path(0).path("matchExpressions").isEmpty()
            && fields.size() == 1
            && field.path("key").asText("").equals("metadata.name")
            && field.path("operator").asText("").equals("In")
            && field.path("values").size() == 1;
    return one ? field.path("values").path(0).asText("") : "";
  }

  /** Whether this is a service account whose token is of a pod of the node. */
  private static boolean isOfNode(UserInfo user, String node) {
    return !node.isEmpty()
        && user.name().startsWith("system:serviceaccount:")
        && user.extra().getOrDefault(NODE, List.of()).equals(List.of(node));
  }
}
