package dev.coracle.apiserver.internal.admission;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/** The checks of the levels baseline and restricted (Kubernetes docs, "Pod Security Standards"). */
final class PodSecurityStandards {

  private static final Set<String> CAPABILITIES =
      Set.of(
          "AUDIT_WRITE",
          "CHOWN",
          "DAC_OVERRIDE",
          "FOWNER",
          "FSETID",
          "KILL",
          "MKNOD",
          "NET_BIND_SERVICE",
          "SETFCAP",
          "SETGID",
          "SETPCAP",
          "SETUID",
          "SYS_CHROOT");
  private static final Set<String> SYSCTLS =
      Set.of(
          "kernel.shm_rmid_forced",
          "net.ipv4.ip_local_port_range",
          "net.ipv4.ip_unprivileged_port_start",
          "net.ipv4.tcp_syncookies",
          "net.ipv4.ping_group_range",
          "net.ipv4.ip_local_reserved_ports",
          "net.ipv4.tcp_keepalive_time",
          "net.ipv4.tcp_fin_timeout",
          "net.ipv4.tcp_keepalive_intvl",
          "net.ipv4.tcp_keepalive_probes",
          "net.ipv4.tcp_rmem",
          "net.ipv4.tcp_wmem");
  private static final Set<String> VOLUMES =
      Set.of(
          "configMap",
          "csi",
          "downwardAPI",
          "emptyDir",
          "ephemeral",
          "image",
          "persistentVolumeClaim",
          "projected",
          "secret");
  private static final Set<String> SELINUX_TYPES =
      Set.of("", "container_t", "container_init_t", "container_kvm_t", "container_engine_t");

  private final JsonNode spec;
  private final JsonNode metadata;
  private final List<JsonNode> containers = new ArrayList<>();
  private final List<String> problems = new ArrayList<>();

  private PodSecurityStandards(JsonNode pod) {
    this.spec = pod.path("spec");
    this.metadata = pod.path("metadata");
    for (String list : new String[] {"initContainers", "containers", "ephemeralContainers"}) {
      spec.path(list).forEach(containers::add);
    }
  }

  /** What a Pod, or the template of one, does that its level does not allow. */
  static List<String> check(String level, JsonNode pod) {
    if (!level.equals("baseline") && !level.equals("restricted")) {
      return List.of();
    }
    PodSecurityStandards checks = new PodSecurityStandards(pod);
    checks.baseline();
    if (level.equals("restricted")) {
      checks.restricted();
    }
    return checks.problems;
  }

  private void containers(String problem, String must, Predicate<JsonNode> bad) {
    Set<String> names = new LinkedHashSet<>();
    for (JsonNode c : containers) {
      if (bad.test(c)) {
        names.add("\"" + c.path("name").asText("") + "\"");
      }
    }
    if (!names.isEmpty()) {
      problems.add(
          problem
              + " ("
              + (names.size() == 1 ? "container " : "containers ")
              + String.join(", ", names)
              + " "
              + must
              + ")");
    }
  }

  private static JsonNode context(JsonNode c) {
    return c.path("securityContext");
  }

  private void baseline() {
    List<String> host = new ArrayList<>();
    for (String field : new String[] {"hostNetwork", "hostPID", "hostIPC"}) {
      if (spec.path(field).asBoolean(false)) {
        host.add(field + "=true");
      }
    }
    if (!host.isEmpty()) {
      problems.add("host namespaces (" + String.join(", ", host) + ")");
    }
    containers(
        "privileged",
        "must not set securityContext.privileged=true",
        c -> context(c).path("privileged").asBoolean(false));
    Set<String> added = new LinkedHashSet<>();
    for (JsonNode c : containers) {
      for (JsonNode a : context(c).path("capabilities").path("add")) {
        if (!CAPABILITIES.contains(a.asText(""))) {
          added.add("\"" + a.asText("") + "\"");
        }
      }
    }
    containers(
        "non-default capabilities",
        "must not include " + String.join(", ", added) + " in securityContext.capabilities.add",
        c -> {
          for (JsonNode a : context(c).path("capabilities").path("add")) {
            if (!CAPABILITIES.contains(a.asText(""))) {
              return true;
            }
          }
          return false;
        });
    volumes("hostPath volumes", Set.of("hostPath"), true);
    containers(
        "hostPort",
        "uses a hostPort",
        c -> {
          for (JsonNode p : c.path("ports")) {
            if (p.path("hostPort").asInt(0) != 0) {
              return true;
            }
          }
          return false;
        });
    metadata
        .path("annotations")
        .properties()
        .forEach(e -> {
          String v = e.getValue().asText("");
          if (e.getKey().startsWith("container.apparmor.security.beta.kubernetes.io/")
              && !v.isEmpty()
              && !v.equals("runtime/default")
              && !v.startsWith("localhost/")) {
            problems.add("forbidden AppArmor profile (" + e.getKey() + "=\"" + v + "\")");
          }
        });
    containers(
        "seLinuxOptions",
        "set forbidden securityContext.seLinuxOptions",
        c -> badSeLinux(context(c).path("seLinuxOptions")));
    if (badSeLinux(spec.path("securityContext").path("seLinuxOptions"))) {
      problems.add("seLinuxOptions (pod set forbidden securityContext.seLinuxOptions)");
    }
    containers(
        "procMount",
        "must not set securityContext.procMount to \"Unmasked\"",
        c -> context(c).path("procMount").asText("").equals("Unmasked"));
    containers(
        "seccompProfile",
        "must not set securityContext.seccompProfile.type to \"Unconfined\"",
        c -> seccomp(context(c)).equals("Unconfined"));
    if (seccomp(spec.path("securityContext")).equals("Unconfined")) {
      problems.add(
          "seccompProfile (pod must not set securityContext.seccompProfile.type to \"Unconfined\")");
    }
    for (JsonNode s : spec.path("securityContext").path("sysctls")) {
      if (!SYSCTLS.contains(s.path("name").asText(""))) {
        problems.add("forbidden sysctls (" + s.path("name").asText("") + ")");
      }
    }
    containers(
        "hostProcess",
        "must not set securityContext.windowsOptions.hostProcess=true",
        c -> context(c).path("windowsOptions").path("hostProcess").asBoolean(false));
  }

  private static String seccomp(JsonNode context) {
    return context.path("seccompProfile").path("type").asText("");
  }

  private static boolean badSeLinux(JsonNode options) {
    return !SELINUX_TYPES.contains(options.path("type").asText(""))
        || !options.path("user").asText("").isEmpty()
        || !options.path("role").asText("").isEmpty();
  }

  private void volumes(String problem, Set<String> types, boolean listed) {
    List<String> names = new ArrayList<>();
    for (JsonNode v : spec.path("volumes")) {
      v.fieldNames()
          .forEachRemaining(field -> {
            if (!field.equals("name") && types.contains(field) == listed) {
              names.add("\"" + v.path("name").asText("") + "\"");
            }
          });
    }
    if (!names.isEmpty()) {
      problems.add(
          problem
              + " ("
              + (names.size() == 1 ? "volume " : "volumes ")
              + String.join(", ", names)
              + ")");
    }
  }

  private void restricted() {
    containers(
        "allowPrivilegeEscalation != false",
        "must set securityContext.allowPrivilegeEscalation=false",
        c -> context(c).path("allowPrivilegeEscalation").asBoolean(true));
    containers(
        "unrestricted capabilities",
        "must set securityContext.capabilities.drop=[\"ALL\"]",
        c -> {
          for (JsonNode d : context(c).path("capabilities").path("drop")) {
            if (d.asText("").equals("ALL")) {
              return false;
            }
          }
          return true;
        });
    volumes("restricted volume types", VOLUMES, false);
    JsonNode pod = spec.path("securityContext");
    boolean podNonRoot = pod.path("runAsNonRoot").asBoolean(false);
    containers(
        "runAsNonRoot != true",
        "must set securityContext.runAsNonRoot=true",
        c -> {
          JsonNode own = context(c).path("runAsNonRoot");
          return own.isBoolean() ? !own.asBoolean() : !podNonRoot;
        });
    if (pod.path("runAsUser").asLong(-1) == 0) {
      problems.add("runAsUser=0 (pod must not set runAsUser=0)");
    }
    containers(
        "runAsUser=0",
        "must not set runAsUser=0",
        c -> context(c).path("runAsUser").asLong(-1) == 0);
    boolean podSeccomp = !seccomp(pod).isEmpty();
    containers(
        "seccompProfile",
        "must set securityContext.seccompProfile.type to \"RuntimeDefault\" or \"Localhost\"",
        c -> seccomp(context(c)).isEmpty() && !podSeccomp);
  }
}
