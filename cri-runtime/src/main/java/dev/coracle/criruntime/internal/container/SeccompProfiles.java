package dev.coracle.criruntime.internal.container;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.cri.v1.SecurityProfile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Seccomp for OCI runtimes. {@code RuntimeDefault} refuses what no ordinary program needs and what
 * has been a way out of containers, unless the container has the capability that the kernel asks
 * for anyway; {@code Localhost} takes a profile of the node.
 */
final class SeccompProfiles {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int LARGEST = 1 << 20;

  /** Calls that are refused without the capability. */
  private static final Map<String, List<String>> BY_CAPABILITY =
      Map.of(
          "SYS_ADMIN",
          List.of(
              "bpf",
              "fanotify_init",
              "fsconfig",
              "fsmount",
              "fsopen",
              "fspick",
              "lookup_dcookie",
              "mount",
              "mount_setattr",
              "move_mount",
              "open_tree",
              "perf_event_open",
              "quotactl",
              "quotactl_fd",
              "setdomainname",
              "sethostname",
              "setns",
              "umount",
              "umount2",
              "unshare"),
          "SYS_MODULE",
          List.of("create_module", "delete_module", "finit_module", "init_module"),
          "SYS_BOOT",
          List.of("kexec_file_load", "kexec_load", "reboot"),
          "SYS_TIME",
          List.of("clock_settime", "clock_settime64", "settimeofday", "stime"),
          "SYS_RAWIO",
          List.of("ioperm", "iopl"),
          "SYS_PACCT",
          List.of("acct"),
          "SYS_TTY_CONFIG",
          List.of("vhangup"),
          "SYS_NICE",
          List.of("mbind", "move_pages", "set_mempolicy", "get_mempolicy"),
          "SYSLOG",
          List.of("syslog"),
          "DAC_READ_SEARCH",
          List.of("open_by_handle_at"));

  /** Calls that are always refused. */
  private static final List<String> NEVER =
      List.of(
          "_sysctl",
          "add_key",
          "get_kernel_syms",
          "io_uring_enter",
          "io_uring_register",
          "io_uring_setup",
          "keyctl",
          "nfsservctl",
          "pivot_root",
          "query_module",
          "request_key",
          "swapoff",
          "swapon",
          "sysfs",
          "userfaultfd",
          "ustat",
          "vm86",
          "vm86old");

  private SeccompProfiles() {}

  static Optional<ObjectNode> of(SecurityProfile profile, boolean asked, Set<String> capabilities)
      throws IOException {
    if (!asked) {
      return Optional.empty();
    }
    return switch (profile.getProfileType()) {
      case RuntimeDefault -> Optional.of(runtimeDefault(capabilities));
      case Localhost -> Optional.of(local(Path.of(profile.getLocalhostRef())));
      case Unconfined, UNRECOGNIZED -> Optional.empty();
    };
  }

  private static ObjectNode runtimeDefault(Set<String> capabilities) {
    ObjectNode root = JSON.createObjectNode().put("defaultAction", "SCMP_ACT_ALLOW");
    ObjectNode rule = root.putArray("syscalls").addObject();
    ArrayNode names = rule.putArray("names");
    NEVER.forEach(names::add);
    BY_CAPABILITY.forEach((capability, calls) -> {
      if (!capabilities.contains(capability) && !capabilities.contains("SYS_ADMIN")) {
        calls.forEach(names::add);
      }
    });
    rule.put("action", "SCMP_ACT_ERRNO").put("errnoRet", 1);
    return root;
  }

  private static ObjectNode local(Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      throw new IOException("cannot load seccomp profile \"" + file + "\": there is no such file");
    }
    if (Files.size(file) > LARGEST) {
      throw new IOException("the seccomp profile " + file + " is larger than 1 MiB");
    }
    byte[] json = Files.readAllBytes(file);
    try {
      return parse(json);
    } catch (IOException e) {
      throw new IOException("cannot use the seccomp profile " + file + ": " + e.getMessage(), e);
    }
  }

  /** What an OCI runtime takes of a profile. */
  static ObjectNode parse(byte[] json) throws IOException {
    JsonNode profile = JSON.readTree(json);
    if (!profile.path("defaultAction").isTextual()) {
      throw new IOException("it has no defaultAction");
    }
    ObjectNode root = JSON.createObjectNode();
    for (String field : List.of("defaultAction", "defaultErrnoRet", "architectures", "flags")) {
      if (profile.has(field)) {
        root.set(field, profile.get(field));
      }
    }
    ArrayNode rules = root.putArray("syscalls");
    for (JsonNode rule : profile.path("syscalls")) {
      ObjectNode copy = rules.addObject();
      for (String field : List.of("names", "action", "errnoRet", "args")) {
        if (rule.hasNonNull(field)) {
          copy.set(field, rule.get(field));
        }
      }
    }
    return root;
  }
}
