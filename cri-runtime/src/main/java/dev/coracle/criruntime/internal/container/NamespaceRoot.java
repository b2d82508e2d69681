package dev.coracle.criruntime.internal.container;

import dev.coracle.cri.v1.Device;
import dev.coracle.criruntime.internal.cgroup.Cgroup;
import dev.coracle.criruntime.internal.linux.Mounts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Builds a container's file system in a mount namespace of its own: the image by overlayfs, the
 * kernel's file systems, devices, and what is bound from the host.
 */
final class NamespaceRoot {
  private final Launch launch;
  private final Mounts mounts;
  private final String root;

  NamespaceRoot(Launch launch, Mounts mounts) {
    this.launch = launch;
    this.mounts = mounts;
    this.root = launch.rootfs().toString();
  }

  /**
   * A mount namespace whose mounts do not reach the host unless a volume's are to, with the image's
   * file system in it.
   */
  static void overlay(Launch launch, Mounts mounts) {
    new SharedBinds(launch).unshare(mounts);
    Path directory = launch.directory();
    Path layers = launch.layers().getFirst().getParent();
    String lower =
        String.join(":", launch.layers().stream().map(p -> p.getFileName().toString()).toList());
    // Relative names keep the list of layers within the page that the kernel takes.
    mounts.chdir(String.valueOf(layers));
    mounts.mount(
        "overlay",
        "overlay",
        directory.resolve("rootfs").toString(),
        0,
        "lowerdir="
            + lower
            + ",upperdir="
            + directory.resolve("upper")
            + ",workdir="
            + directory.resolve("work"));
    mounts.chdir("/");
  }

  /** Everything but proc, which only a process of the container's PID namespace can mount. */
  void build(Optional<Path> terminal) throws IOException {
    mounts.umask(0);
    for (String directory : List.of("/proc", "/sys", "/dev", "/etc")) {
      mounts.mkdir(root + directory, 0755);
    }
    long sys = Mounts.NOSUID | Mounts.NODEV | Mounts.NOEXEC;
    mounts.mount(
        "sysfs", "sysfs", root + "/sys", launch.privileged() ? sys : sys | Mounts.RDONLY, "");
    cgroups();
    devices(terminal);
    SharedBinds shared = new SharedBinds(launch);
    List<MountPlan.Bind> binds = launch.mounts().binds();
    for (int i = 0; i < binds.size(); i++) {
      bind(binds.get(i), shared.source(i));
    }
    shared.letGo(mounts);
    mounts.umask(022);
  }

  private void cgroups() {
    Cgroup group = launch.cgroup();
    String at = root + "/sys/fs/cgroup";
    if (group.host().isV2()) {
      mounts.tryMount("", group.directory("unified").toString(), at, Mounts.BIND, "");
      readOnlyUnlessPrivileged(at);
      return;
    }
    mounts.tryMount(
        "tmpfs", "tmpfs", at, Mounts.NOSUID | Mounts.NODEV | Mounts.NOEXEC, "mode=755,size=64k");
    Set<Path> seen = new LinkedHashSet<>();
    group
        .directories()
        .forEach((controller, directory) -> {
          if (seen.add(directory)) {
            mounts.mkdir(at + "/" + controller, 0755);
            mounts.tryMount("", directory.toString(), at + "/" + controller, Mounts.BIND, "");
            readOnlyUnlessPrivileged(at + "/" + controller);
          }
        });
    readOnlyUnlessPrivileged(at);
  }

  private void readOnlyUnlessPrivileged(String at) {
    if (!launch.privileged()) {
      mounts.tryMount(
          "",
          "",
          at,
          Mounts.BIND
              | Mounts.REMOUNT
              | Mounts.RDONLY
              | Mounts.NOSUID
              | Mounts.NODEV
              | Mounts.NOEXEC,
          "");
    }
  }

  private void devices(Optional<Path> terminal) throws IOException {
    String dev = root + "/dev";
    mounts.mount("tmpfs", "tmpfs", dev, Mounts.NOSUID | Mounts.STRICTATIME, "mode=755,size=65536k");
    mounts.characterDevice(dev + "/null", 1, 3, 0666);
    mounts.characterDevice(dev + "/zero", 1, 5, 0666);
    mounts.characterDevice(dev + "/full", 1, 7, 0666);
    mounts.characterDevice(dev + "/random", 1, 8, 0666);
    mounts.characterDevice(dev + "/urandom", 1, 9, 0666);
    mounts.characterDevice(dev + "/tty", 5, 0, 0666);
    mounts.symlink("/proc/self/fd", dev + "/fd");
    mounts.symlink("/proc/self/fd/0", dev + "/stdin");
    mounts.symlink("/proc/self/fd/1", dev + "/stdout");
    mounts.symlink("/proc/self/fd/2", dev + "/stderr");
    mounts.symlink("/proc/kcore", dev + "/core");
    mounts.symlink("pts/ptmx", dev + "/ptmx");
    mounts.mkdir(dev + "/pts", 0755);
    mounts.mount(
        "devpts",
        "devpts",
        dev + "/pts",
        Mounts.NOSUID | Mounts.NOEXEC,
        "newinstance,ptmxmode=0666,mode=0620,gid=5");
    mounts.mkdir(dev + "/shm", 01777);
    mounts.mount("", launch.sandbox().sharedMemory().toString(), dev + "/shm", Mounts.BIND, "");
    mounts.mkdir(dev + "/mqueue", 01777);
    mounts.tryMount(
        "mqueue", "mqueue", dev + "/mqueue", Mounts.NOSUID | Mounts.NODEV | Mounts.NOEXEC, "");
    terminal.ifPresent(slave -> {
      mounts.touch(dev + "/console");
      mounts.bind(slave.toString(), dev + "/console", false);
    });
    if (launch.privileged()) {
      hostDevices(dev);
    }
    for (Device device : launch.config().getDevicesList()) {
      node(Path.of(device.getHostPath()).toRealPath(), root + device.getContainerPath());
    }
  }

  private void hostDevices(String dev) throws IOException {
    Set<String> have =
        Set.of("null", "zero", "full", "random", "urandom", "tty", "ptmx", "console", "core");
    try (Stream<Path> list = Files.walk(Path.of("/dev"), 3)) {
      for (Path p : (Iterable<Path>) list::iterator) {
        Path relative = Path.of("/dev").relativize(p);
        String first = relative.getName(0).toString();
        if (!have.contains(relative.toString())
            && !Set.of("pts", "shm", "mqueue", "fd").contains(first)
            && Files.readAttributes(
                    p, java.nio.file.attribute.BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                .isOther()) {
          node(p, dev + "/" + relative);
        }
      }
    }
  }

  private void node(Path host, String at) throws IOException {
    int mode = (int) Files.getAttribute(host, "unix:mode");
    long number = (long) Files.getAttribute(host, "unix:rdev");
    int type = mode & 0xf000;
    if (type == 0x2000 || type == 0x6000) {
      parents(at);
      mounts.device(at, mode, number);
    }
  }

  private void bind(MountPlan.Bind bind, Path source) {
    String target = root + bind.target();
    parents(target);
    if (bind.directory()) {
      mounts.mkdir(target, 0755);
    } else {
      mounts.touch(target);
    }
    if (bind.isImage()) {
      mounts.chdir(bind.base().toString());
      mounts.mount(
          "overlay",
          "overlay",
          target,
          Mounts.RDONLY,
          "lowerdir=" + String.join(":", bind.names()));
      mounts.chdir("/");
      return;
    }
    mounts.bind(source.toString(), target, true);
    mounts.propagation(
        target,
        Mounts.REC
            | switch (bind.propagation()) {
              case PROPAGATION_HOST_TO_CONTAINER -> Mounts.SLAVE;
              case PROPAGATION_BIDIRECTIONAL -> Mounts.SHARED;
              case PROPAGATION_PRIVATE, UNRECOGNIZED -> Mounts.PRIVATE;
            });
    if (bind.readOnly()) {
      mounts.readOnly(target, bind.recursiveReadOnly());
    }
  }

  private void parents(String target) {
    List<String> parts = RootView.split(target.substring(root.length()));
    StringBuilder at = new StringBuilder(root);
    for (int i = 0; i < parts.size() - 1; i++) {
      at.append('/').append(parts.get(i));
      mounts.mkdir(at.toString(), 0755);
    }
  }

  /** The last steps, once proc is there: hide what the pod asks to hide, and change the root. */
  void finish() {
    if (!launch.privileged()) {
      for (String path : launch.security().getReadonlyPathsList()) {
        mounts.tryReadOnlyPath(root + path);
      }
      for (String path : launch.security().getMaskedPathsList()) {
        mounts.tryMask(root + path, root + "/dev/null");
      }
    }
    StringBuilder cwd = new StringBuilder(root);
    for (String part : RootView.split(launch.process().cwd())) {
      cwd.append('/').append(part);
      mounts.mkdir(cwd.toString(), 0755);
    }
    mounts.pivot(root);
    if (launch.security().getReadonlyRootfs()) {
      mounts.readOnly("/", false);
    }
  }
}
