package dev.coracle.criruntime.internal.container;

import dev.coracle.cri.v1.ContainerConfig;
import dev.coracle.cri.v1.NamespaceMode;
import dev.coracle.criruntime.internal.cgroup.CgroupHost;
import dev.coracle.criruntime.internal.image.Images;
import dev.coracle.criruntime.internal.pod.Sandbox;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** Puts together what is needed to start a container. */
final class Launches {
  private final ContainerKind kind;
  private final Images images;
  private final CgroupHost cgroups;
  private final Function<String, Container> containers;

  /**
   * @param containers finds one by its id, or fails
   */
  Launches(
      ContainerKind kind,
      Images images,
      CgroupHost cgroups,
      Function<String, Container> containers) {
    this.kind = kind;
    this.images = images;
    this.cgroups = cgroups;
    this.containers = containers;
  }

  /** What of the images a container's root is made of. */
  RootView rootView(List<String> diffIds) {
    return new RootView(diffIds.reversed().stream().map(images.layers()::path).toList());
  }

  /** As it is to be started now: the pod's files and a target's process may have changed. */
  Launch of(Container c) throws IOException {
    Sandbox sandbox = c.sandbox();
    List<MountPlan.Extra> extras = new ArrayList<>();
    if (kind.isolates()) {
      for (String file : List.of("resolv.conf", "hostname", "hosts")) {
        extras.add(new MountPlan.Extra(sandbox.file(file), "/etc/" + file, false));
      }
    }
    return new Launch(
        c.id(),
        c.directory(),
        sandbox,
        c.config(),
        c.made().process(),
        c.made().layers().reversed().stream().map(images.layers()::path).toList(),
        MountPlan.of(
            c.config().getMountsList(),
            extras,
            rootView(c.made().layers()),
            images,
            sandbox.userNamespace()),
        cgroups.group(c.made().cgroup()),
        targetPid(c.config()));
  }

  private Optional<Integer> targetPid(ContainerConfig config) {
    var options = config.getLinux().getSecurityContext().getNamespaceOptions();
    return options.getPid() == NamespaceMode.TARGET
        ? Optional.of(containers.apply(options.getTargetId()).record().pid())
        : Optional.empty();
  }

  /** Of a container that ended in an earlier run: enough to take it away. */
  Launch ofEnded(Container c) {
    return new Launch(
        c.id(),
        c.directory(),
        c.sandbox(),
        c.config(),
        c.made().process(),
        List.of(),
        new MountPlan(List.of()),
        cgroups.group(c.made().cgroup()),
        Optional.empty());
  }
}
