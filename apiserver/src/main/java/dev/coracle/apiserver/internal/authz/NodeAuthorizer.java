package dev.coracle.apiserver.internal.authz;

import dev.coracle.api.LocalVolumes;
import dev.coracle.api.selector.FieldSelector;
import dev.coracle.api.selector.LabelRequirement;
import dev.coracle.apiserver.UserInfo;
import dev.coracle.watchhub.ResourceStore;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import java.util.List;

/**
 * What kubelets may: the rules of the role system:node, but only what belongs to their own node.
 * Secrets, ConfigMaps, claims, volumes and service accounts must be used by a Pod there; Pods,
 * slices and requests for certificates are listed by a field selector for the node (Kubernetes
 * docs, "Using Node Authorization"; KEP-4601).
 */
public final class NodeAuthorizer implements Authorizer {

  private static final String PREFIX = "system:node:";
  private static final Decision ALLOW = Decision.allow("");

  /** A pod that was bound just now may be known to its kubelet and not yet here. */
  private static final Decision LOOK = new Decision(Verdict.UNASKED, "");

  private final List<PolicyRule> rules;
  private final NodeObjects objects;

  /**
   * @param rules of the role system:node
   */
  public NodeAuthorizer(Vertx vertx, ResourceStore store, List<PolicyRule> rules) {
    this.rules = List.copyOf(rules);
    this.objects = new NodeObjects(vertx, store);
  }

  public Uni<Void> start() {
    return objects.start();
  }

  public void stop() {
    objects.stop();
  }

  @Override
  public Decision decide(Attributes a) {
    UserInfo user = a.user();
    if (!isNode(user)) {
      return Decision.NO_OPINION;
    }
    String node = user.name().substring(PREFIX.length());
    if (a.resourceRequest()) {
      switch (a.group() + "/" + a.resource()) {
        case "/secrets", "/configmaps" -> {
          return read(node, a);
        }
        case "/persistentvolumeclaims" -> {
          return a.subresource().equals("status") ? status(node, a) : get(node, a);
        }
        case "/persistentvolumes" -> {
          return volume(node, a);
        }
        case "resource.k8s.io/resourceclaims", "storage.k8s.io/volumeattachments" -> {
          return get(node, a);
        }
        case "/serviceaccounts" -> {
          return token(node, a);
        }
        case "coordination.k8s.io/leases" -> {
          return lease(node, a);
        }
        case "storage.k8s.io/csinodes" -> {
          return csiNode(node, a);
        }
        case "resource.k8s.io/resourceslices" -> {
          return slice(node, a);
        }
        case "certificates.k8s.io/podcertificaterequests" -> {
          return certificate(node, a);
        }
        case "/nodes" -> {
          return node(node, a);
        }
        case "/pods" -> {
          return pod(node, a);
        }
        default -> {}
      }
    }
    return rules.stream().anyMatch(r -> r.allows(a)) ? ALLOW : Decision.NO_OPINION;
  }

  private static boolean isNode(UserInfo user) {
    return user.in(UserInfo.NODES) && user.name().startsWith(PREFIX);
  }

  @Override
  public String unlisted(UserInfo user) {
    return isNode(user) ? "node authorizer does not support user rule resolution" : "";
  }

  private static Decision none(String reason) {
    return new Decision(Verdict.NO_OPINION, reason);
  }

  private Decision related(String node, Attributes a) {
    if (a.name().isEmpty()) {
      return none("No Object name found");
    }
    return objects.relates(node, a) ? ALLOW : LOOK;
  }

  @Override
  public Uni<Decision> ask(Attributes a) {
    Decision known = decide(a);
    if (!known.open()) {
      return Uni.createFrom().item(known);
    }
    String node = a.user().name().substring(PREFIX.length());
    return objects
        .relatesNow(node, a)
        .map(related ->
            related
                ? ALLOW
                : none("no relationship found between node '" + node + "' and this object"));
  }

  private Decision read(String node, Attributes a) {
    return switch (a.verb()) {
      case "get", "list", "watch" -> {
        if (!a.subresource().isEmpty()) {
          yield none("cannot read subresource");
        }
        yield a.namespace().isEmpty()
            ? none("can only read namespaced object of this type")
            : related(node, a);
      }
      default -> none("can only read resources of this type");
    };
  }

  /** One may also be followed by its name, which shows no more than to get it (ADR 0356). */
  private Decision get(String node, Attributes a) {
    boolean individual =
        switch (a.verb()) {
          case "get" -> true;
          case "list", "watch" -> !a.name().isEmpty();
          default -> false;
        };
    if (!individual) {
      return none("can only get individual resources of this type");
    }
    return a.subresource().isEmpty() ? related(node, a) : none("cannot get subresource");
  }

  /**
   * Those that its pods use, and local ones of the node, which it finds by their label and lets go
   * when they are deleted (ADR 0120).
   */
  private Decision volume(String node, Attributes a) {
    if (a.subresource().isEmpty()) {
      if (a.verb().equals("patch")) {
        return related(node, a);
      }
      boolean many = a.verb().equals("list") || a.verb().equals("watch");
      if (many && a.name().isEmpty() && selectsLocal(a, node)) {
        return ALLOW;
      }
    }
    return get(node, a);
  }

  private static boolean selectsLocal(Attributes a, String node) {
    List<String> own = List.of(LocalVolumes.label(node));
    return a.labelSelector().requirements().stream()
        .anyMatch(r ->
            r.operator() == LabelRequirement.Operator.IN
                && r.key().equals(LocalVolumes.NODE)
                && r.values().equals(own));
  }

  private Decision status(String node, Attributes a) {
    return switch (a.verb()) {
      case "update", "patch" -> related(node, a);
      default -> none("can only get/update/patch this type");
    };
  }

  private Decision token(String node, Attributes a) {
    if (a.verb().equals("get") && a.subresource().isEmpty()) {
      // The role names it; upstream's kubelets may read the accounts of their pods by it.
      return related(node, a);
    }
    if (!a.verb().equals("create") || a.name().isEmpty()) {
      return none("can only create tokens for individual service accounts");
    }
    return a.subresource().equals("token")
        ? related(node, a)
        : none("can only create token subresource of serviceaccount");
  }

  /** Whose name an object has that is to be created is admission's business, here and below. */
  private static Decision lease(String node, Attributes a) {
    if (!one(a.verb())) {
      return none("can only get, create, update, patch, or delete a node lease");
    }
    if (!a.namespace().equals("kube-node-lease")) {
      return none("can only access leases in the \"kube-node-lease\" system namespace");
    }
    return a.verb().equals("create") || a.name().equals(node)
        ? ALLOW
        : none("can only access node lease with the same name as the requesting node");
  }

  private static Decision csiNode(String node, Attributes a) {
    if (!one(a.verb())) {
      return none("can only get, create, update, patch, or delete a CSINode");
    }
    if (!a.subresource().isEmpty()) {
      return none("cannot authorize CSINode subresources");
    }
    return a.verb().equals("create") || a.name().equals(node)
        ? ALLOW
        : none("can only access CSINode with the same name as the requesting node");
  }

  private static boolean one(String verb) {
    return switch (verb) {
      case "get", "create", "update", "patch", "delete" -> true;
      default -> false;
    };
  }

  private Decision slice(String node, Attributes a) {
    if (!a.subresource().isEmpty()) {
      return none("cannot authorize ResourceSlice subresources");
    }
    return switch (a.verb()) {
      case "create" -> ALLOW;
      case "get", "update", "patch", "delete" -> related(node, a);
      case "watch", "list", "deletecollection" ->
          selects(a, "spec.nodeName", node)
              ? ALLOW
              : none(
                  "can only list/watch/deletecollection resourceslices with nodeName field"
                      + " selector");
      default ->
          none(
              "only the following verbs are allowed for a ResourceSlice: get, watch, list, create,"
                  + " update, patch, delete, deletecollection");
    };
  }

  /** Which pods a request may be made for is admission's business. */
  private Decision certificate(String node, Attributes a) {
    return switch (a.verb()) {
      case "create" -> ALLOW;
      case "get" -> related(node, a);
      case "list", "watch" ->
          selects(a, "spec.nodeName", node)
              ? ALLOW
              : none(
                  "can only list/watch podcertificaterequests with spec.nodeName field selector");
      default -> none("");
    };
  }

  private static Decision node(String node, Attributes a) {
    return switch (a.subresource()) {
      case "" ->
          switch (a.verb()) {
            case "create", "update", "patch" -> ALLOW;
            case "get", "list", "watch" -> {
              if (a.name().equals(node)) {
                yield ALLOW;
              }
              yield none(
                  "node '"
                      + node
                      + "' cannot read "
                      + (a.name().isEmpty() ? "all nodes" : "'" + a.name() + "'")
                      + ", only its own Node object");
            }
            default -> none("");
          };
      case "status" -> writes(a);
      default -> none("");
    };
  }

  private Decision pod(String node, Attributes a) {
    return switch (a.subresource()) {
      case "" ->
          switch (a.verb()) {
            case "get" -> related(node, a);
            case "list", "watch" -> {
              if (selects(a, "spec.nodeName", node)) {
                yield ALLOW;
              }
              yield a.name().isEmpty()
                  ? none("can only list/watch pods with spec.nodeName field selector")
                  : related(node, a);
            }
            // Of mirror pods.
            case "create", "delete" -> ALLOW;
            default -> none("");
          };
      case "status" -> writes(a);
      case "eviction" -> a.verb().equals("create") ? ALLOW : none("");
      default -> none("");
    };
  }

  private static Decision writes(Attributes a) {
    return a.verb().equals("update") || a.verb().equals("patch") ? ALLOW : none("");
  }

  private static boolean selects(Attributes a, String field, String node) {
    for (FieldSelector.Requirement r : a.fieldSelector().requirements()) {
      if (r.equal() && r.field().equals(field) && r.value().equals(node)) {
        return true;
      }
    }
    return false;
  }
}
