package dev.coracle.cridocker.internal.pod;

import dev.coracle.cri.v1.ContainerMetadata;
import dev.coracle.cri.v1.PodSandboxMetadata;
import java.util.List;
import java.util.Optional;

/**
 * Names of containers by dockershim's scheme, which {@code docker ps} shows and from which the
 * metadata can be read again: {@code k8s_CONTAINER_POD_NAMESPACE_UID_ATTEMPT}, with {@code POD} in
 * place of the container for a sandbox. Where the name is taken already, something random follows.
 */
final class Names {
  private static final String PREFIX = "k8s";
  private static final String SANDBOX = "POD";
  private static final int PARTS = 6;

  private Names() {}

  static String of(PodSandboxMetadata pod) {
    return join(SANDBOX, pod, pod.getAttempt());
  }

  static String of(PodSandboxMetadata pod, ContainerMetadata container) {
    return join(container.getName(), pod, container.getAttempt());
  }

  private static String join(String container, PodSandboxMetadata pod, int attempt) {
    List<String> parts =
        List.of(
            PREFIX,
            container,
            pod.getName(),
            pod.getNamespace(),
            pod.getUid(),
            Integer.toString(attempt));
    for (String part : parts) {
      if (!part.matches("[a-zA-Z0-9.-]+")) {
        throw new IllegalArgumentException(
            "cannot be part of a container's name: \"" + part + "\"");
      }
    }
    return String.join("_", parts);
  }

  /**
   * What a name says.
   *
   * @param attempt of the container, or of the pod where the name is a sandbox's
   */
  record Parsed(String container, PodSandboxMetadata pod, int attempt) {
    ContainerMetadata metadata() {
      return ContainerMetadata.newBuilder().setName(container).setAttempt(attempt).build();
    }
  }

  /** Empty where the name is not by the scheme. */
  static Optional<Parsed> parse(String name) {
    String[] parts = (name.startsWith("/") ? name.substring(1) : name).split("_", -1);
    if (parts.length < PARTS || !parts[0].equals(PREFIX) || !parts[5].matches("\\d{1,9}")) {
      return Optional.empty();
    }
    int attempt = Integer.parseInt(parts[5]);
    PodSandboxMetadata.Builder pod =
        PodSandboxMetadata.newBuilder().setName(parts[2]).setNamespace(parts[3]).setUid(parts[4]);
    if (parts[1].equals(SANDBOX)) {
      pod.setAttempt(attempt);
    }
    return Optional.of(new Parsed(parts[1], pod.build(), attempt));
  }
}
