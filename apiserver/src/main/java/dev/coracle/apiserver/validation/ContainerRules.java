package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.api.validation.NameRules;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Containers of all three sorts. One instance serves one Pod, since names are unique in it. */
final class ContainerRules {

  private static final Set<String> PULL = Set.of("Always", "IfNotPresent", "Never");
  private static final Set<String> PROTOCOLS = Set.of("TCP", "UDP", "SCTP");
  private static final List<String> TERMINATION = List.of("File", "FallbackToLogsOnError");
  private static final List<String> NOT_EPHEMERAL =
      List.of(
          "ports",
          "resources",
          "resizePolicy",
          "restartPolicy",
          "restartPolicyRules",
          "livenessProbe",
          "readinessProbe",
          "startupProbe",
          "lifecycle");
  private static final Set<String> RESIZABLE = Set.of("cpu", "memory");
  private static final Set<String> RESIZES = Set.of("NotRequired", "RestartContainer");

  private final JsonNode pod;
  private final boolean template;
  private final Map<String, JsonNode> volumes;
  private final MountRules mounts;
  private final Set<String> claims;
  private final Set<String> names = new HashSet<>();
  private final FieldErrors errors;

  /**
   * @param pod the specification that they are parts of
   * @param template whether no Pod has it yet
   * @param volumes those of the pod that are good, by their names
   */
  ContainerRules(
      JsonNode pod, boolean template, Map<String, JsonNode> volumes, FieldErrors errors) {
    this.pod = pod;
    this.template = template;
    this.volumes = volumes;
    this.mounts = new MountRules(volumes);
    this.claims = PodClaimRules.names(pod);
    this.errors = errors;
  }

  /** The names of the containers that were looked at. */
  Set<String> names() {
    return names;
  }

  void container(JsonNode c, FieldPath at, Set<String> hostPorts) {
    common(c, at);
    ports(c.path("ports"), at.child("ports"), hostPorts);
    ProbeRules.check(c.path("livenessProbe"), at.child("livenessProbe"), true, errors);
    ProbeRules.check(c.path("readinessProbe"), at.child("readinessProbe"), false, errors);
    ProbeRules.check(c.path("startupProbe"), at.child("startupProbe"), true, errors);
    lifecycle(c.path("lifecycle"), at.child("lifecycle"));
    ContainerRestartRules.check(c, at, errors);
  }

  void initContainer(JsonNode c, FieldPath at) {
    common(c, at);
    ports(c.path("ports"), at.child("ports"), new HashSet<>());
    ContainerRestartRules.check(c, at, errors);
    boolean sidecar = Nodes.text(c, "restartPolicy").equals("Always");
    if (sidecar) {
      ProbeRules.check(c.path("livenessProbe"), at.child("livenessProbe"), true, errors);
      ProbeRules.check(c.path("readinessProbe"), at.child("readinessProbe"), false, errors);
      ProbeRules.check(c.path("startupProbe"), at.child("startupProbe"), true, errors);
      lifecycle(c.path("lifecycle"), at.child("lifecycle"));
      return;
    }
    for (String field :
        new String[] {"lifecycle", "livenessProbe", "readinessProbe", "startupProbe"}) {
      if (Nodes.set(c, field)) {
        errors.forbidden(
            at, field, "may not be set for init containers without restartPolicy=Always");
      }
    }
  }

  /**
   * @param others the containers that are there from the beginning: one of them it may be aimed at
   */
  void ephemeral(JsonNode c, FieldPath at, Set<String> others) {
    common(c, at);
    String target = Nodes.text(c, "targetContainerName");
    if (!target.isEmpty() && !others.contains(target)) {
      errors.notFound(at, "targetContainerName", target);
    }
    for (String field : NOT_EPHEMERAL) {
      if (Nodes.has(c, field)) {
        errors.forbidden(at, field, "cannot be set for an Ephemeral Container");
      }
    }
    int i = 0;
    for (JsonNode mount : c.path("volumeMounts")) {
      FieldPath mountPath = at.child("volumeMounts").index(i++);
      for (String field : new String[] {"subPath", "subPathExpr"}) {
        if (Nodes.has(mount, field)) {
          errors.forbidden(mountPath, field, "cannot be set for an Ephemeral Container");
        }
      }
    }
  }

  private void common(JsonNode c, FieldPath at) {
    String name = Nodes.text(c, "name");
    if (name.isEmpty()) {
      errors.required(at, "name");
    } else {
      errors.invalid(at, "name", name, NameRules.dnsLabel(name));
      if (!names.add(name)) {
        errors.duplicate(at, "name", name);
      }
    }
    String image = Nodes.text(c, "image");
    if (image.isEmpty()) {
      errors.required(at, "image");
    } else if (!template && !image.strip().equals(image)) {
      errors.invalid(at, "image", image, "must not have leading or trailing whitespace");
    }
    PodSpecRules.choice(c, "terminationMessagePolicy", TERMINATION, at, errors);
    EnvironmentRules.check(c, volumes, at, errors);
    mounts.check(c, at, errors);
    PodSpecRules.choice(c, "imagePullPolicy", PULL, at, errors);
    ResourceRules.requirements(c.path("resources"), at.child("resources"), errors);
    PodClaimRules.used(
        c.path("resources").path("claims"), claims, at.child("resources", "claims"), errors);
    resizes(c.path("resizePolicy"), at.child("resizePolicy"));
    SecurityContextRules.container(
        c.path("securityContext"),
        pod.path("hostUsers").asBoolean(true),
        at.child("securityContext"),
        errors);
  }

  /** Upstream's paths do not say which of them it is. */
  private void resizes(JsonNode policies, FieldPath at) {
    Set<String> seen = new HashSet<>();
    int i = 0;
    for (JsonNode policy : policies) {
      String resource = Nodes.text(policy, "resourceName");
      if (!seen.add(resource)) {
        errors.duplicate(at.index(i), "", resource);
      }
      if (resource.isEmpty()) {
        errors.required(at, "");
      } else if (!RESIZABLE.contains(resource)) {
        errors.unsupported(at, "", resource, RESIZABLE);
      }
      String restart = Nodes.text(policy, "restartPolicy");
      if (restart.isEmpty()) {
        errors.required(at, "");
      } else if (!RESIZES.contains(restart)) {
        errors.unsupported(at, "", restart, RESIZES);
      }
      if (Nodes.text(pod, "restartPolicy").equals("Never") && !restart.equals("NotRequired")) {
        errors.invalid(at, "", restart, "must be 'NotRequired' when `restartPolicy` is 'Never'");
      }
      i++;
    }
  }

  private void ports(JsonNode ports, FieldPath path, Set<String> hostPorts) {
    Set<String> portNames = new HashSet<>();
    int i = 0;
    for (JsonNode p : ports) {
      FieldPath at = path.index(i++);
      String name = Nodes.text(p, "name");
      if (!name.isEmpty()) {
        errors.invalid(at, "name", name, NameRules.portName(name));
        if (!portNames.add(name)) {
          errors.duplicate(at, "name", name);
        }
      }
      int port = p.path("containerPort").asInt(0);
      if (port == 0) {
        errors.required(at, "containerPort");
      } else {
        Addresses.port(port, at, "containerPort", errors);
      }
      int hostPort = p.path("hostPort").asInt(0);
      String protocol = Nodes.text(p, "protocol");
      if (hostPort != 0) {
        Addresses.port(hostPort, at, "hostPort", errors);
        String key = protocol + "/" + Nodes.text(p, "hostIP") + "/" + hostPort;
        if (!hostPorts.add(key)) {
          errors.duplicate(at, "hostPort", key);
        }
      }
      PodSpecRules.choice(p, "protocol", PROTOCOLS, at, errors);
    }
  }

  private void lifecycle(JsonNode lifecycle, FieldPath at) {
    for (String hook : new String[] {"postStart", "preStop"}) {
      if (Nodes.set(lifecycle, hook)) {
        ProbeRules.handler(
            lifecycle.path(hook),
            pod.path("terminationGracePeriodSeconds"),
            at.child(hook),
            errors);
      }
    }
  }
}
