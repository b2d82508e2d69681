package dev.coracle.criruntime.internal.container;

import dev.coracle.criruntime.internal.linux.Mounts;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The file system of a container whose pod has users of its own (KEP-127), in a mount namespace of
 * its own: layers and volumes are mounted once more such that what belongs to a user of the host
 * belongs to the same user of the pod. Nothing on disk changes its owner.
 *
 * <p>All of it stands below the directory of the pod's {@code /dev/shm}, because root in the pod is
 * nobody on the host and could not reach the runtime's own directories: in this mount namespace a
 * small file system lies over it.
 */
final class IdMappedRoot {
  private final Launch launch;
  private final Path place;

  IdMappedRoot(Launch launch) {
    this.launch = launch;
    this.place = launch.sandbox().ownSharedMemory();
  }

  /** Where the image's file system will be. */
  Path rootfs() {
    return place.resolve("rootfs");
  }

  Path sharedMemory() {
    return place.resolve("shm");
  }

  /** Where what is bound into the container will be, in the order of the plan. */
  Path bind(int index) {
    return place.resolve("bind-" + index);
  }

  private Path layers() {
    return place.resolve("layers");
  }

  /**
   * @param users a descriptor of the pod's user namespace
   */
  void build(Mounts mounts, int users) {
    mounts.unshare(Mounts.CLONE_NEWNS);
    mounts.propagation("/", Mounts.REC | Mounts.SLAVE);
    List<MountPlan.Bind> binds = launch.mounts().binds();
    List<Long> copies = new ArrayList<>();
    // All are taken before anything is covered.
    long memory = mounts.copy(launch.sandbox().sharedMemory().toString(), false, -1);
    Path stored = parent(launch.layers());
    long layers = mounts.copy(stored.toString(), false, users);
    for (MountPlan.Bind bind : binds) {
      copies.add(
          bind.isImage()
              ? mounts.copy(bind.base().toString(), false, users)
              : mounts.copy(
                  bind.source().getFirst().toString(), true, bind.idMapped() ? users : -1));
    }
    mounts.umask(0);
    mounts.mount(
        "tmpfs", "tmpfs", place.toString(), Mounts.NOSUID | Mounts.NODEV, "mode=755,size=1m");
    directory(mounts, sharedMemory()).attach(memory, sharedMemory().toString());
    directory(mounts, layers()).attach(layers, layers().toString());
    directory(mounts, rootfs());
    overlay(
        mounts,
        launch.layers().stream().map(p -> p.getFileName().toString()).toList(),
        rootfs(),
        0,
        ",upperdir="
            + launch.directory().resolve("upper")
            + ",workdir="
            + launch.directory().resolve("work"));
    for (int i = 0; i < binds.size(); i++) {
      MountPlan.Bind bind = binds.get(i);
      if (bind.isImage()) {
        directory(mounts, bind(i)).attach(copies.get(i), bind(i).toString());
        overlay(mounts, bind.names(), bind(i), Mounts.RDONLY, "");
      } else {
        (bind.directory() ? directory(mounts, bind(i)) : mounts.touch(bind(i).toString()))
            .attach(copies.get(i), bind(i).toString());
      }
    }
    mounts.umask(022);
  }

  /** An empty directory where the root is, for a runtime that works from there: runc's exec. */
  void standIn(Mounts mounts) {
    mounts.mount("tmpfs", "tmpfs", place.toString(), Mounts.NOSUID | Mounts.NODEV, "mode=755");
    directory(mounts, rootfs());
  }

  /** Layers are named relative to where they stand, to keep the list within a page. */
  private void overlay(Mounts mounts, List<String> names, Path at, long flags, String more) {
    mounts.chdir((more.isEmpty() ? at : layers()).toString());
    mounts.mount(
        "overlay", "overlay", at.toString(), flags, "lowerdir=" + String.join(":", names) + more);
    mounts.chdir("/");
  }

  private static Mounts directory(Mounts mounts, Path path) {
    return mounts.mkdir(path.toString(), 0755);
  }

  private static Path parent(List<Path> layers) {
    return java.util.Objects.requireNonNull(layers.getFirst().getParent());
  }
}
