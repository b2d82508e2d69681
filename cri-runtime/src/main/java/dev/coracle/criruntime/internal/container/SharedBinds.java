package dev.coracle.criruntime.internal.container;

import dev.coracle.cri.v1.MountPropagation;
import dev.coracle.criruntime.internal.linux.Mounts;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The volumes of a container whose mounts the host is to see ({@code Bidirectional}). In the
 * container's mount namespace they alone are peers of what the host has. All else only receives, so
 * that nothing done there is undone on the host, least of all what hangs below the old root when
 * that is detached (mount_namespaces(7)).
 */
final class SharedBinds {
  private final Launch launch;
  private final List<MountPlan.Bind> binds;

  SharedBinds(Launch launch) {
    this.launch = launch;
    this.binds = launch.mounts().binds();
  }

  boolean isEmpty() {
    return binds.stream().noneMatch(SharedBinds::shared);
  }

  private static boolean shared(MountPlan.Bind bind) {
    return !bind.isImage() && bind.propagation() == MountPropagation.PROPAGATION_BIDIRECTIONAL;
  }

  /** What to bind from, in the container's mount namespace, for a bind that is no image. */
  Path source(int index) {
    MountPlan.Bind bind = binds.get(index);
    return shared(bind) ? place(index) : bind.source().getFirst();
  }

  private Path place(int index) {
    return launch.directory().resolve("shared-" + index);
  }

  /** Makes the mount namespace. */
  void unshare(Mounts mounts) {
    mounts.unshare(Mounts.CLONE_NEWNS);
    List<Integer> indices = new ArrayList<>();
    List<Long> copies = new ArrayList<>();
    for (int i = 0; i < binds.size(); i++) {
      if (shared(binds.get(i))) {
        indices.add(i);
        copies.add(mounts.copy(binds.get(i).source().getFirst().toString(), true, -1));
      }
    }
    mounts.propagation("/", Mounts.REC | Mounts.SLAVE);
    for (int i = 0; i < copies.size(); i++) {
      String place = place(indices.get(i)).toString();
      (binds.get(indices.get(i)).directory() ? mounts.mkdir(place, 0700) : mounts.touch(place))
          .attach(copies.get(i), place);
    }
  }

  /** Once they are bound: what is left at the places goes with the old root. */
  void letGo(Mounts mounts) {
    for (int i = 0; i < binds.size(); i++) {
      if (shared(binds.get(i))) {
        mounts.propagation(place(i).toString(), Mounts.REC | Mounts.SLAVE);
      }
    }
  }
}
