package dev.coracle.apiserver.internal.podsecurity;

import static dev.coracle.apiserver.internal.podsecurity.PodView.context;
import static dev.coracle.apiserver.internal.podsecurity.PodView.plural;
import static dev.coracle.apiserver.internal.podsecurity.PodView.quoted;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.GoQuote;
import dev.coracle.apiserver.internal.podsecurity.Check.Version;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What the level baseline forbids, in upstream's words. */
final class BaselineChecks {

  static final String CAPABILITIES = "capabilities_baseline";
  static final String HOST_PATHS = "hostPathVolumes";
  static final String PROC_MOUNT = "procMount";
  static final String SECCOMP = "seccompProfile_baseline";

  private static final Set<String> ALLOWED_CAPABILITIES =
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
          "net.ipv4.ping_group_range");
  private static final Set<String> SYSCTLS_27 = with(SYSCTLS, "net.ipv4.ip_local_reserved_ports");
  private static final Set<String> SYSCTLS_29 =
      with(
          SYSCTLS_27,
          "net.ipv4.tcp_keepalive_time",
          "net.ipv4.tcp_fin_timeout",
          "net.ipv4.tcp_keepalive_intvl",
          "net.ipv4.tcp_keepalive_probes");
  private static final Set<String> SYSCTLS_32 =
      with(SYSCTLS_29, "net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem");

  private static final Set<String> SELINUX_TYPES =
      Set.of("", "container_t", "container_init_t", "container_kvm_t");
  private static final Set<String> SELINUX_TYPES_31 = with(SELINUX_TYPES, "container_engine_t");

  private static final Set<String> PROFILES = Set.of("RuntimeDefault", "Localhost");
  private static final String APP_ARMOR = "container.apparmor.security.beta.kubernetes.io/";
  private static final String SECCOMP_POD = "seccomp.security.alpha.kubernetes.io/pod";
  private static final String SECCOMP_CONTAINER = "container.seccomp.security.alpha.kubernetes.io/";

  private BaselineChecks() {}

  /** By their ids. */
  static List<Check> all() {
    return List.of(
        check("appArmorProfile", new Version(0, BaselineChecks::appArmor)),
        check(CAPABILITIES, new Version(0, BaselineChecks::capabilities)),
        check("hostNamespaces", new Version(0, BaselineChecks::hostNamespaces)),
        check(HOST_PATHS, new Version(0, BaselineChecks::hostPaths)),
        check("hostPorts", new Version(0, BaselineChecks::hostPorts)),
        check("hostProbesAndHostLifecycle", new Version(34, BaselineChecks::hosts)),
        check("privileged", new Version(0, BaselineChecks::privileged)),
        check(
            PROC_MOUNT,
            new Version(0, BaselineChecks::procMount),
            new Version(35, pod -> pod.hasOwnUsers() ? Optional.empty() : procMount(pod))),
        check(
            "seLinuxOptions",
            new Version(0, pod -> seLinux(pod, SELINUX_TYPES)),
            new Version(31, pod -> seLinux(pod, SELINUX_TYPES_31))),
        check(
            SECCOMP,
            new Version(0, BaselineChecks::seccompAnnotations),
            new Version(19, BaselineChecks::seccomp)),
        check(
            "sysctls",
            new Version(0, pod -> sysctls(pod, SYSCTLS)),
            new Version(27, pod -> sysctls(pod, SYSCTLS_27)),
            new Version(29, pod -> sysctls(pod, SYSCTLS_29)),
            new Version(32, pod -> sysctls(pod, SYSCTLS_32))),
        check("windowsHostProcess", new Version(0, BaselineChecks::hostProcess)));
  }

  private static Check check(String id, Version... versions) {
    return new Check(id, List.of(versions), List.of());
  }

  private static Set<String> with(Set<String> before, String... more) {
    return Stream.concat(before.stream(), Stream.of(more)).collect(Collectors.toUnmodifiableSet());
  }

  static Optional<Violation> violation(boolean violated, String reason, String detail) {
    return violated ? Optional.of(new Violation(reason, detail)) : Optional.empty();
  }

  /** The values of one part of each security context that are not among those allowed. */
  static Set<String> typesBeside(PodView pod, String part, Set<String> allowed) {
    Set<String> out = new TreeSet<>();
    Stream.concat(Stream.of(pod.context()), pod.containers().stream().map(PodView::context))
        .map(context -> context.path(part))
        .filter(profile -> profile.isObject() && isBeside(profile, allowed))
        .forEach(profile -> out.add(profile.path("type").asText("")));
    return out;
  }

  static boolean isBeside(JsonNode profile, Set<String> allowed) {
    return profile.isObject() && !allowed.contains(profile.path("type").asText(""));
  }

  private static Optional<Violation> appArmor(PodView pod) {
    String part = "appArmorProfile";
    List<String> values = new ArrayList<>(typesBeside(pod, part, PROFILES));
    String who =
        PodView.setters(
            isBeside(pod.context().path(part), PROFILES),
            pod.having(c -> isBeside(context(c).path(part), PROFILES)));
    Set<String> annotations = new TreeSet<>();
    pod.annotations()
        .forEachEntry((key, value) -> {
          String profile = value.asText("");
          if (key.startsWith(APP_ARMOR)
              && !profile.isEmpty()
              && !profile.equals("runtime/default")
              && !profile.startsWith("localhost/")) {
            annotations.add(key + "=" + GoQuote.of(profile));
          }
        });
    if (!annotations.isEmpty()) {
      values.addAll(annotations);
      String word = plural("annotation", "annotations", annotations.size());
      who = who.isEmpty() ? word : who + " and " + word;
    }
    return violation(
        !values.isEmpty(),
        plural("forbidden AppArmor profile", "forbidden AppArmor profiles", values.size()),
        who + " must not set AppArmor profile type to " + quoted(values));
  }

  private static Optional<Violation> capabilities(PodView pod) {
    return addedBeside(pod, ALLOWED_CAPABILITIES)
        .map(detail -> new Violation("non-default capabilities", detail));
  }

  /** Who adds other capabilities than those. */
  static Optional<String> addedBeside(PodView pod, Set<String> allowed) {
    Set<String> added = new TreeSet<>();
    List<String> names =
        pod.having(c -> {
          boolean bad = false;
          for (JsonNode capability : context(c).path("capabilities").path("add")) {
            if (!allowed.contains(capability.asText(""))) {
              added.add(capability.asText(""));
              bad = true;
            }
          }
          return bad;
        });
    return names.isEmpty()
        ? Optional.empty()
        : Optional.of(
            PodView.containers(names)
                + " must not include "
                + quoted(added)
                + " in securityContext.capabilities.add");
  }

  private static Optional<Violation> hostNamespaces(PodView pod) {
    List<String> host =
        Stream.of("hostNetwork", "hostPID", "hostIPC")
            .filter(field -> pod.spec().path(field).asBoolean(false))
            .map(field -> field + "=true")
            .toList();
    return violation(!host.isEmpty(), "host namespaces", String.join(", ", host));
  }

  private static Optional<Violation> hostPaths(PodView pod) {
    List<String> names = new ArrayList<>();
    for (JsonNode volume : pod.spec().path("volumes")) {
      if (volume.has("hostPath")) {
        names.add(volume.path("name").asText(""));
      }
    }
    return violation(
        !names.isEmpty(),
        "hostPath volumes",
        plural("volume", "volumes", names.size()) + " " + quoted(names));
  }

  private static Optional<Violation> hostPorts(PodView pod) {
    Set<String> ports = new TreeSet<>();
    List<String> names =
        pod.having(c -> {
          boolean bad = false;
          for (JsonNode port : c.path("ports")) {
            int host = port.path("hostPort").asInt(0);
            if (host != 0) {
              ports.add(Integer.toString(host));
              bad = true;
            }
          }
          return bad;
        });
    return violation(
        !names.isEmpty(),
        "hostPort",
        uses(names, "hostPort", "hostPorts", ports.size()) + String.join(", ", ports));
  }

  private static String uses(Collection<String> names, String one, String several, int count) {
    return PodView.containers(names)
        + " "
        + plural("uses", "use", names.size())
        + " "
        + plural(one, several, count)
        + " ";
  }

  /** Of probes and hooks, which the kubelet asks from the node's own network. */
  private static Optional<Violation> hosts(PodView pod) {
    Set<String> hosts = new TreeSet<>();
    Set<String> names =
        new TreeSet<>(
            pod.having(c -> {
              List<String> own =
                  Stream.concat(
                          Stream.of("livenessProbe", "readinessProbe", "startupProbe").map(c::path),
                          Stream.of("postStart", "preStop").map(c.path("lifecycle")::path))
                      .flatMap(handler -> Stream.of("httpGet", "tcpSocket").map(handler::path))
                      .map(action -> action.path("host").asText(""))
                      .filter(host -> !host.isEmpty())
                      .toList();
              hosts.addAll(own);
              return !own.isEmpty();
            }));
    String what = "probe or lifecycle host";
    return violation(
        !names.isEmpty(), what, uses(names, what, what + "s", hosts.size()) + quoted(hosts));
  }

  private static Optional<Violation> privileged(PodView pod) {
    List<String> names = pod.having(c -> context(c).path("privileged").asBoolean(false));
    return violation(
        !names.isEmpty(),
        "privileged",
        PodView.containers(names) + " must not set securityContext.privileged=true");
  }

  static Optional<Violation> procMount(PodView pod) {
    Set<String> types = new TreeSet<>();
    List<String> names =
        pod.having(c -> {
          String type = context(c).path("procMount").asText("Default");
          if (type.equals("Default")) {
            return false;
          }
          types.add(type);
          return true;
        });
    return violation(
        !names.isEmpty(),
        "procMount",
        PodView.containers(names) + " must not set securityContext.procMount to " + quoted(types));
  }

  private static Optional<Violation> seLinux(PodView pod, Set<String> types) {
    Set<String> badTypes = new TreeSet<>();
    boolean user = false;
    boolean role = false;
    List<JsonNode> all = new ArrayList<>();
    all.add(pod.context());
    pod.containers().forEach(c -> all.add(context(c)));
    for (JsonNode context : all) {
      JsonNode options = context.path("seLinuxOptions");
      if (isBadSeLinux(options, types)) {
        String type = options.path("type").asText("");
        if (!types.contains(type)) {
          badTypes.add(type);
        }
        user |= !options.path("user").asText("").isEmpty();
        role |= !options.path("role").asText("").isEmpty();
      }
    }
    List<String> what = new ArrayList<>();
    if (!badTypes.isEmpty()) {
      what.add(plural("type", "types", badTypes.size()) + " " + quoted(badTypes));
    }
    if (user) {
      what.add("user may not be set");
    }
    if (role) {
      what.add("role may not be set");
    }
    return violation(
        !what.isEmpty(),
        "seLinuxOptions",
        PodView.setters(
                isBadSeLinux(pod.context().path("seLinuxOptions"), types),
                pod.having(c -> isBadSeLinux(context(c).path("seLinuxOptions"), types)))
            + " set forbidden securityContext.seLinuxOptions: "
            + String.join("; ", what));
  }

  private static boolean isBadSeLinux(JsonNode options, Set<String> types) {
    return !types.contains(options.path("type").asText(""))
        || !options.path("user").asText("").isEmpty()
        || !options.path("role").asText("").isEmpty();
  }

  private static Optional<Violation> seccompAnnotations(PodView pod) {
    Set<String> bad = new TreeSet<>();
    Stream.concat(
            Stream.of(SECCOMP_POD),
            pod.containers().stream().map(c -> SECCOMP_CONTAINER + c.path("name").asText("")))
        .filter(pod.annotations()::has)
        .forEach(key -> {
          String profile = pod.annotations().path(key).asText("");
          if (!profile.equals("runtime/default")
              && !profile.equals("docker/default")
              && !profile.startsWith("localhost/")) {
            bad.add(key + "=" + GoQuote.of(profile));
          }
        });
    return violation(
        !bad.isEmpty(),
        "seccompProfile",
        "forbidden "
            + plural("annotation", "annotations", bad.size())
            + " "
            + String.join(", ", bad));
  }

  /** Who names another profile than the runtime's or one of the node's. */
  static Optional<Violation> seccomp(PodView pod) {
    String part = "seccompProfile";
    String who =
        PodView.setters(
            isBeside(pod.context().path(part), PROFILES),
            pod.having(c -> isBeside(context(c).path(part), PROFILES)));
    return violation(
        !who.isEmpty(),
        part,
        who
            + " must not set securityContext.seccompProfile.type to "
            + quoted(typesBeside(pod, part, PROFILES)));
  }

  private static Optional<Violation> sysctls(PodView pod, Set<String> allowed) {
    List<String> bad = new ArrayList<>();
    for (JsonNode sysctl : pod.context().path("sysctls")) {
      String name = sysctl.path("name").asText("");
      if (!allowed.contains(name)) {
        bad.add(name);
      }
    }
    return violation(!bad.isEmpty(), "forbidden sysctls", String.join(", ", bad));
  }

  private static Optional<Violation> hostProcess(PodView pod) {
    String who =
        PodView.setters(isHostProcess(pod.context()), pod.having(c -> isHostProcess(context(c))));
    return violation(
        !who.isEmpty(),
        "hostProcess",
        who + " must not set securityContext.windowsOptions.hostProcess=true");
  }

  private static boolean isHostProcess(JsonNode context) {
    return context.path("windowsOptions").path("hostProcess").asBoolean(false);
  }
}
