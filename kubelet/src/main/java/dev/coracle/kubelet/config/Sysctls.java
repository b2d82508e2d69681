package dev.coracle.kubelet.config;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The kernel parameters that pods of this node may set: the safe ones, and what the node's operator
 * allows beside them (Kubernetes docs, "Using sysctls in a Kubernetes Cluster").
 *
 * @param allowed names, or beginnings of names that end in a star, with dots
 */
public record Sysctls(List<String> allowed) {
  private static final List<String> SAFE_NAMES =
      List.of(
          "kernel.shm_rmid_forced",
          "net.ipv4.ip_local_port_range",
          "net.ipv4.tcp_syncookies",
          "net.ipv4.ping_group_range",
          "net.ipv4.ip_unprivileged_port_start",
          "net.ipv4.ip_local_reserved_ports",
          "net.ipv4.tcp_keepalive_time",
          "net.ipv4.tcp_fin_timeout",
          "net.ipv4.tcp_keepalive_intvl",
          "net.ipv4.tcp_keepalive_probes",
          "net.ipv4.tcp_rmem",
          "net.ipv4.tcp_wmem");

  private static final Pattern NAME =
      Pattern.compile("([a-z0-9][-_a-z0-9]*[./])*([a-z0-9][-_a-z0-9]*|\\*|[a-z0-9][-_a-z0-9]*\\*)");
  private static final int MOST = 253;

  /** Nothing beside the safe ones. */
  public static final Sysctls SAFE = new Sysctls(SAFE_NAMES);

  public Sysctls {
    allowed = List.copyOf(allowed);
  }

  /**
   * @param unsafe what is allowed beside the safe ones
   * @throws IllegalArgumentException in upstream's words, for what is no name, or would change the
   *     whole machine
   */
  static Sysctls allowing(List<String> unsafe) {
    List<String> all = new ArrayList<>(SAFE_NAMES);
    for (String pattern : unsafe) {
      if (pattern.length() > MOST || !NAME.matcher(pattern).matches()) {
        throw new IllegalArgumentException(
            "invalid configuration: allowedUnsafeSysctls: sysctl \""
                + pattern
                + "\" must have at most "
                + MOST
                + " characters and match regex "
                + NAME);
      }
      String name = dotted(pattern);
      if (namespace(name).isEmpty()) {
        throw new IllegalArgumentException(
            "invalid configuration: allowedUnsafeSysctls: the sysctls \""
                + name
                + "\" are not known to be namespaced");
      }
      all.add(name);
    }
    return new Sysctls(all);
  }

  /** What is allowed beside the safe ones. */
  public List<String> unsafe() {
    return allowed.stream().filter(a -> !SAFE_NAMES.contains(a)).toList();
  }

  /** Why a pod may not have what it asks for, in upstream's words; empty: it may. */
  public Optional<String> refusal(JsonNode spec) {
    for (JsonNode sysctl : spec.path("securityContext").path("sysctls")) {
      String name = dotted(sysctl.path("name").asText(""));
      if (allowed.stream().noneMatch(a -> matches(a, name))) {
        return Optional.of("forbidden sysctl: \"" + name + "\" not allowlisted");
      }
      String of = namespace(name);
      boolean hosts =
          of.equals("IPC") && spec.path("hostIPC").asBoolean(false)
              || of.equals("Net") && spec.path("hostNetwork").asBoolean(false);
      if (hosts) {
        return Optional.of(
            "forbidden sysctl: \"" + name + "\" not allowed with host " + of + " enabled");
      }
    }
    return Optional.empty();
  }

  private static boolean matches(String allowed, String name) {
    return allowed.endsWith("*")
        ? name.startsWith(allowed.substring(0, allowed.length() - 1))
        : name.equals(allowed);
  }

  /** The separator that comes first separates; the other one belongs to names. */
  private static String dotted(String name) {
    int dot = name.indexOf('.');
    int slash = name.indexOf('/');
    if (slash < 0 || dot >= 0 && dot < slash) {
      return name;
    }
    StringBuilder out = new StringBuilder(name.length());
    name.chars().forEach(c -> out.append((char) (c == '/' ? '.' : c == '.' ? '/' : c)));
    return out.toString();
  }

  /** {@code Net} or {@code IPC}; empty for what belongs to the whole machine. */
  private static String namespace(String name) {
    if (name.startsWith("net.")) {
      return "Net";
    }
    boolean ipc =
        name.startsWith("kernel.shm")
            || name.startsWith("kernel.msg")
            || name.startsWith("fs.mqueue.")
            || name.equals("kernel.sem");
    return ipc ? "IPC" : "";
  }
}
