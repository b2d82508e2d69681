package dev.coracle.cridocker.internal.pod;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

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
  private static final String SLICE = ".slice";

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

  /**
   * A pod's cgroup as Docker takes it. Where systemd makes the cgroups that is the name of a slice,
   * by the rule of upstream's kubelet: {@code /a-b/kubepods/pod1-2} is {@code
   * a_b-kubepods-pod1_2.slice}, which stands in the slices {@code a_b-kubepods} and {@code a_b}.
   *
   * @param parent as the kubelet names it; empty for none
   */
  String cgroupParent(String parent) {
    if (!systemdCgroups || parent.isEmpty()) {
      return parent;
    }
    if (parent.endsWith(SLICE)) {
      return parent.substring(parent.lastIndexOf('/') + 1);
    }
    String name =
        Arrays.stream(parent.split("/"))
            .filter(part -> !part.isEmpty())
            .map(part -> part.replace('-', '_'))
            .collect(Collectors.joining("-"));
    return name.isEmpty() ? "" : name + SLICE;
  }
}
