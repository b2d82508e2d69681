package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import java.util.HashSet;
import java.util.Set;

/**
 * What is said of the containers of a Pod.
 *
 * @param spec of the Pod
 */
record ContainerStatusRules(JsonNode spec, FieldErrors errors) {

  private static final Set<String> HEALTH = Set.of("Healthy", "Unhealthy", "Unknown");

  /**
   * @param list of the specification; empty for ephemeral containers
   */
  void check(String field, String list, JsonNode now, JsonNode before) {
    FieldPath path = FieldPath.STATUS.child(field);
    boolean windows = Nodes.text(spec.path("os"), "name").equals("windows");
    int i = 0;
    for (JsonNode old : before.path(field)) {
      transition(old, now.path(field), list, path.index(i++));
    }
    i = 0;
    for (JsonNode status : now.path(field)) {
      FieldPath at = path.index(i++);
      user(status.path("user").path("linux"), windows, at.child("linux"));
      if (list.isEmpty()) {
        if (Nodes.has(status, "allocatedResourcesStatus")) {
          errors.forbidden(
              at, "allocatedResourcesStatus", "must not be specified in container status");
        }
      } else {
        devices(status, list, at.child("allocatedResourcesStatus"));
      }
    }
  }

  /** What has ended for good does not run again. */
  private void transition(JsonNode old, JsonNode statuses, String list, FieldPath at) {
    JsonNode ended = old.path("state").path("terminated");
    if (!ended.isObject() || restarts(old, list, ended.path("exitCode").asInt())) {
      return;
    }
    for (JsonNode status : statuses) {
      if (Nodes.text(status, "name").equals(Nodes.text(old, "name"))
          && !status.path("state").path("terminated").isObject()) {
        errors.forbidden(at, "state", "may not be transitioned to non-terminated state");
      }
    }
  }

  private boolean restarts(JsonNode old, String list, int exitCode) {
    if (list.isEmpty()) {
      return false;
    }
    JsonNode container = container(Nodes.text(old, "name"), list);
    String own = Nodes.text(container, "restartPolicy");
    String policy = own.isEmpty() ? Nodes.text(spec, "restartPolicy") : own;
    return policy.equals("Always")
        || policy.equals("OnFailure") && exitCode != 0
        || container.has("restartPolicyRules")
        || restartsAll();
  }

  /** Whether the end of one container can begin all of them anew (KEP-5532). */
  private boolean restartsAll() {
    for (String list : PodHostRules.LISTS) {
      for (JsonNode container : spec.path(list)) {
        for (JsonNode rule : container.path("restartPolicyRules")) {
          if (Nodes.text(rule, "action").equals("RestartAllContainers")) {
            return true;
          }
        }
      }
    }
    return false;
  }

  private JsonNode container(String name, String list) {
    for (JsonNode container : spec.path(list)) {
      if (Nodes.text(container, "name").equals(name)) {
        return container;
      }
    }
    return MissingNode.getInstance();
  }

  private void user(JsonNode user, boolean windows, FieldPath at) {
    if (!user.isObject()) {
      return;
    }
    if (windows) {
      errors.forbidden(at, "", "cannot be set for a windows pod");
      return;
    }
    SecurityContextRules.id(user.path("uid"), at, "uid", errors);
    SecurityContextRules.id(user.path("gid"), at, "gid", errors);
    int i = 0;
    for (JsonNode group : user.path("supplementalGroups")) {
      SecurityContextRules.id(group, at.child("supplementalGroups").index(i++), "", errors);
    }
  }

  private void devices(JsonNode status, String list, FieldPath path) {
    JsonNode container = container(Nodes.text(status, "name"), list);
    int i = 0;
    for (JsonNode resource : status.path("allocatedResourcesStatus")) {
      FieldPath at = path.index(i++);
      String name = Nodes.text(resource, "name");
      if (!container.isMissingNode()) {
        resource(name, container.path("resources"), at);
      }
      Set<String> ids = new HashSet<>();
      int k = 0;
      for (JsonNode device : resource.path("resources")) {
        FieldPath one = at.child("resources").index(k++);
        String health = Nodes.text(device, "health");
        if (!HEALTH.contains(health)) {
          errors.unsupported(one, "health", health, HEALTH);
        }
        if (!ids.add(Nodes.text(device, "resourceID"))) {
          errors.duplicate(one, "resourceID", Nodes.text(device, "resourceID"));
        }
      }
    }
  }

  private void resource(String name, JsonNode resources, FieldPath at) {
    if (!name.startsWith("claim:")) {
      if (!resources.path("requests").has(name)) {
        errors.invalid(at, "name", name, "must match one of the container's resource requests");
      }
      return;
    }
    for (JsonNode claim : resources.path("claims")) {
      String request = Nodes.text(claim, "request");
      String known =
          "claim:" + Nodes.text(claim, "name") + (request.isEmpty() ? "" : "/" + request);
      if (known.equals(name)) {
        return;
      }
    }
    errors.invalid(
        at,
        "name",
        name,
        "must match one of the container's resource claims in a format"
            + " 'claim:<claimName>/<request>' or 'claim:<claimName>' if request is empty");
  }
}
