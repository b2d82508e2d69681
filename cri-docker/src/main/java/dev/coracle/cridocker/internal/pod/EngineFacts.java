package dev.coracle.cridocker.internal.pod;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * What the daemon says about itself, asked once.
 *
 * @param version Docker's own
 * @param architecture in Go's words
 * @param rootDirectory where it keeps images and containers
 * @param systemdCgroups whether it makes cgroups through systemd, and so takes only slices
 * @param apparmor whether it confines by AppArmor
 * @param runtimes the names of its OCI runtimes
 */
public record EngineFacts(
    String version,
    String architecture,
    String rootDirectory,
    boolean systemdCgroups,
    boolean apparmor,
    Set<String> runtimes) {
  public EngineFacts {
    runtimes = Set.copyOf(runtimes);
  }

  public static EngineFacts of(JsonNode version, JsonNode info) {
    Set<String> runtimes = new TreeSet<>();
    info.path("Runtimes").properties().forEach(e -> runtimes.add(e.getKey()));
    List<String> security = new ArrayList<>();
    info.path("SecurityOptions").forEach(o -> security.add(o.asText()));
    return new EngineFacts(
        version.path("Version").asText(),
        version.path("Arch").asText(),
        info.path("DockerRootDir").asText(),
        info.path("CgroupDriver").asText().equals("systemd"),
        security.stream().anyMatch(o -> o.contains("name=apparmor")),
        runtimes);
  }

  /** Docker refuses what is no slice where systemd makes its cgroups. */
  boolean takesCgroupParent(String parent) {
    return !parent.isEmpty() && (!systemdCgroups || parent.endsWith(".slice"));
  }
}
