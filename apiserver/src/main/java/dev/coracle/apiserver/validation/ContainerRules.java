package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.api.validation.NameRules;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Containers of all three sorts. One instance serves one Pod, since names are unique in it. */
final class ContainerRules {

  private static final Set<String> PULL = Set.of("Always", "IfNotPresent", "Never");
  private static final Set<String> PROTOCOLS = Set.of("TCP", "UDP", "SCTP");
  private static final List<String> TERMINATION = List.of("File", "FallbackToLogsOnError");
  private static final Set<String> FIELDS =
      Set.of(
          "metadata.name",
          "metadata.namespace",
          "metadata.uid",
          "spec.nodeName",
          "spec.serviceAccountName",
          "status.hostIP",
          "status.hostIPs",
          "status.podIP",
          "status.podIPs");

  /** Fields of a Pod that have a name in selectors, and that not every reference may take. */
  private static final Set<String> OTHER_LABELS =
      Set.of(
          "metadata.annotations",
          "metadata.labels",
          "metadata.name",
          "metadata.namespace",
          "metadata.uid",
          "spec.nodeName",
          "spec.restartPolicy",
          "spec.schedulerName",
          "spec.serviceAccountName",
          "status.hostIP",
          "status.hostIPs",
          "status.phase",
          "status.podIP",
          "status.podIPs");

  private final Set<String> volumes;
  private final Set<String> claims;
  private final Set<String> names;
  private final FieldErrors errors;

  /**
   * @param volumes the names of all the pod's volumes
   * @param claims those of the volumes that are claims
   * @param names of containers, filled here
   */
  ContainerRules(Set<String> volumes, Set<String> claims, Set<String> names, FieldErrors errors) {
    this.volumes = volumes;
    this.claims = claims;
    this.names = names;
    this.errors = errors;
  }

  void container(JsonNode c, FieldPath at, Set<String> hostPorts) {
    common(c, at);
    ports(c.path("ports"), at.child("ports"), hostPorts);
    ProbeRules.check(c.path("livenessProbe"), at.child("livenessProbe"), true, errors);
    ProbeRules.check(c.path("readinessProbe"), at.child("readinessProbe"), false, errors);
    ProbeRules.check(c.path("startupProbe"), at.child("startupProbe"), true, errors);
    lifecycle(c.path("lifecycle"), at.child("lifecycle"));
  }

  void initContainer(JsonNode c, FieldPath at) {
    common(c, at);
    ports(c.path("ports"), at.child("ports"), new HashSet<>());
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

  void ephemeral(JsonNode c, FieldPath at) {
    common(c, at);
    for (String field :
        new String[] {"ports", "livenessProbe", "readinessProbe", "startupProbe", "lifecycle"}) {
      if (Nodes.has(c, field)) {
        errors.forbidden(at, field, "cannot be set for an Ephemeral Container");
      }
    }
    if (Nodes.has(c, "resources")) {
      errors.forbidden(at, "resources", "cannot be set for an Ephemeral Container");
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
    } else if (!image.strip().equals(image)) {
      errors.invalid(at, "image", image, "must not have leading or trailing whitespace");
    }
    PodSpecRules.choice(c, "imagePullPolicy", PULL, at, errors);
    PodSpecRules.choice(c, "terminationMessagePolicy", TERMINATION, at, errors);
    env(c, at);
    mounts(c, at);
    devices(c, at);
    ResourceRules.requirements(c.path("resources"), at.child("resources"), errors);
    SecurityContextRules.container(c.path("securityContext"), at.child("securityContext"), errors);
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

  private void env(JsonNode c, FieldPath at) {
    int i = 0;
    for (JsonNode e : c.path("env")) {
      String name = Nodes.text(e, "name");
      boolean from = Nodes.set(e, "valueFrom");
      if (name.isEmpty() || from || !NameRules.envName(name).isEmpty()) {
        FieldPath p = at.child("env").index(i);
        if (name.isEmpty()) {
          errors.required(p, "name");
        } else {
          errors.invalid(p, "name", name, NameRules.envName(name));
        }
        if (from) {
          valueFrom(e, p);
        }
      }
      i++;
    }
    i = 0;
    for (JsonNode e : c.path("envFrom")) {
      FieldPath p = at.child("envFrom").index(i++);
      String prefix = Nodes.text(e, "prefix");
      if (!prefix.isEmpty()) {
        errors.invalid(p, "prefix", prefix, NameRules.envName(prefix));
      }
      boolean config = Nodes.set(e, "configMapRef");
      boolean secret = Nodes.set(e, "secretRef");
      if (config && Nodes.text(e.path("configMapRef"), "name").isEmpty()) {
        errors.required(p.child("configMapRef"), "name");
      }
      if (secret && Nodes.text(e.path("secretRef"), "name").isEmpty()) {
        errors.required(p.child("secretRef"), "name");
      }
      if (config && secret) {
        errors.invalid(p, "", "", "may not have more than one field specified at a time");
      } else if (!config && !secret) {
        errors.invalid(p, "", "", "must specify one of: `configMapRef` or `secretRef`");
      }
    }
  }

  private void valueFrom(JsonNode e, FieldPath at) {
    FieldPath path = at.child("valueFrom");
    JsonNode from = e.path("valueFrom");
    int sources = 0;
    for (String source :
        new String[] {
          "fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef"
        }) {
      sources += Nodes.set(from, source) ? 1 : 0;
    }
    if (sources == 0) {
      errors.invalid(
          path,
          "",
          "",
          "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef`"
              + " or `fileKeyRef`");
    } else if (!Nodes.text(e, "value").isEmpty()) {
      errors.invalid(path, "", "", "may not be specified when `value` is not empty");
    } else if (sources > 1) {
      errors.invalid(path, "", "", "may not have more than one field specified at a time");
    }
    if (Nodes.set(from, "fieldRef")) {
      fieldRef(from.path("fieldRef"), path.child("fieldRef"), FIELDS, errors);
    }
    if (Nodes.set(from, "resourceFieldRef")) {
      EnvironmentRules.resource(
          from.path("resourceFieldRef"), path.child("resourceFieldRef"), false, errors);
    }
    for (String source : new String[] {"configMapKeyRef", "secretKeyRef"}) {
      if (Nodes.set(from, source)) {
        JsonNode ref = from.path(source);
        if (Nodes.text(ref, "name").isEmpty()) {
          errors.required(path.child(source), "name");
        }
        String key = Nodes.text(ref, "key");
        if (key.isEmpty()) {
          errors.required(path.child(source), "key");
        } else {
          errors.invalid(path.child(source), "key", key, NameRules.configKey(key));
        }
      }
    }
  }

  static void fieldRef(JsonNode ref, FieldPath path, Set<String> allowed, FieldErrors errors) {
    String field = Nodes.text(ref, "fieldPath");
    if (Nodes.text(ref, "apiVersion").isEmpty()) {
      errors.required(path, "apiVersion");
    } else if (field.isEmpty()) {
      errors.required(path, "fieldPath");
    } else if (!field.startsWith("metadata.annotations['")
        && !field.startsWith("metadata.labels['")
        && !allowed.contains(field)) {
      if (field.contains("[")) {
        errors.invalid(
            path,
            "fieldPath",
            field,
            "error converting fieldPath: field label does not support subscript");
      } else if (!OTHER_LABELS.contains(field)) {
        errors.invalid(
            path,
            "fieldPath",
            field,
            "error converting fieldPath: field label not supported: " + field);
      } else {
        errors.unsupported(path, "fieldPath", field, allowed);
      }
    }
  }

  private void mounts(JsonNode c, FieldPath at) {
    Set<String> paths = new HashSet<>();
    int i = 0;
    for (JsonNode m : c.path("volumeMounts")) {
      FieldPath p = at.child("volumeMounts").index(i++);
      String name = Nodes.text(m, "name");
      if (name.isEmpty()) {
        errors.required(p, "name");
      } else if (!volumes.contains(name)) {
        errors.notFound(p, "name", name);
      }
      String mountPath = Nodes.text(m, "mountPath");
      if (mountPath.isEmpty()) {
        errors.required(p, "mountPath");
      } else if (!paths.add(mountPath)) {
        errors.invalid(p, "mountPath", mountPath, "must be unique");
      }
      String sub = Nodes.text(m, "subPath");
      String expr = Nodes.text(m, "subPathExpr");
      if (!sub.isEmpty()) {
        relative(sub, p, "subPath");
      }
      if (!expr.isEmpty()) {
        if (!sub.isEmpty()) {
          errors.invalid(p, "subPathExpr", expr, "subPathExpr and subPath are mutually exclusive");
        }
        relative(expr, p, "subPathExpr");
      }
    }
  }

  /** Block volumes. */
  private void devices(JsonNode c, FieldPath at) {
    Set<String> mountedNames = new HashSet<>();
    Set<String> mountedPaths = new HashSet<>();
    for (JsonNode m : c.path("volumeMounts")) {
      mountedNames.add(Nodes.text(m, "name"));
      mountedPaths.add(Nodes.text(m, "mountPath"));
    }
    Set<String> seen = new HashSet<>();
    Set<String> paths = new HashSet<>();
    int i = 0;
    for (JsonNode d : c.path("volumeDevices")) {
      FieldPath p = at.child("volumeDevices").index(i++);
      String name = Nodes.text(d, "name");
      if (name.isEmpty()) {
        errors.required(p, "name");
      } else if (!volumes.contains(name)) {
        errors.notFound(p, "name", name);
      } else if (!claims.contains(name)) {
        errors.invalid(
            p,
            "name",
            name,
            "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode");
      }
      if (!seen.add(name)) {
        errors.invalid(p, "name", name, "must be unique");
      }
      if (mountedNames.contains(name)) {
        errors.invalid(p, "name", name, "must not already exist in volumeMounts");
      }
      String path = Nodes.text(d, "devicePath");
      if (path.isEmpty()) {
        errors.required(p, "devicePath");
        continue;
      }
      if (!paths.add(path)) {
        errors.invalid(p, "devicePath", path, "must be unique");
      }
      if (java.util.Arrays.asList(path.split("/")).contains("..")) {
        errors.invalid(p, "devicePath", path, "can not contain backsteps ('..')");
      }
      if (mountedPaths.contains(path)) {
        errors.invalid(p, "devicePath", path, "must not already exist as a path in volumeMounts");
      }
    }
  }

  private void relative(String path, FieldPath at, String field) {
    if (path.startsWith("/")) {
      errors.invalid(at, field, path, "must be a relative path");
    }
    if (java.util.Arrays.asList(path.split("/")).contains("..")) {
      errors.invalid(at, field, path, "must not contain '..'");
    }
  }

  private void lifecycle(JsonNode lifecycle, FieldPath at) {
    for (String hook : new String[] {"postStart", "preStop"}) {
      if (Nodes.set(lifecycle, hook)) {
        ProbeRules.handler(lifecycle.path(hook), at.child(hook), errors);
      }
    }
  }
}
