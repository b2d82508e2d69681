package dev.coracle.criruntime.internal.container;

import dev.coracle.cri.v1.ContainerConfig;
import dev.coracle.cri.v1.LinuxContainerSecurityContext;
import dev.coracle.criruntime.internal.cgroup.Cgroup;
import dev.coracle.criruntime.internal.pod.Sandbox;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Everything that is needed to start a container, decided.
 *
 * @param layers of the image, topmost first
 * @param targetPid of the container whose PID namespace is joined, if one is
 */
public record Launch(
    String id,
    Path directory,
    Sandbox sandbox,
    ContainerConfig config,
    ProcessSpec process,
    List<Path> layers,
    MountPlan mounts,
    Cgroup cgroup,
    Optional<Integer> targetPid) {
  public Launch {
    layers = List.copyOf(layers);
  }

  public Path rootfs() {
    return directory.resolve("rootfs");
  }

  LinuxContainerSecurityContext security() {
    return config.getLinux().getSecurityContext();
  }

  boolean privileged() {
    return security().getPrivileged();
  }
}
