package dev.coracle.criruntime.internal.container;

import dev.coracle.cri.v1.IDMapping;
import dev.coracle.criruntime.internal.image.FileTrees;
import dev.coracle.criruntime.internal.linux.Fd;
import dev.coracle.criruntime.internal.linux.Mounts;
import dev.coracle.criruntime.internal.linux.Spawn;
import dev.coracle.criruntime.internal.linux.SyscallProgram;
import dev.coracle.criruntime.internal.pod.PodUsers;
import dev.coracle.criruntime.internal.pod.UserNamespace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Whether pods can have user namespaces of their own here. The first to ask finds it out by trying:
 * a user namespace, and an overlay of an id-mapped layer where the runtime keeps its layers, which
 * needs Linux 5.19 and a file system that takes part. Blocks; thread-safe.
 */
public final class UserNamespaceSupport {
  private static final int TRIED_ID = 65536;

  private final ContainerKind kind;
  private final Path directory;
  private Optional<String> problem = Optional.empty();
  private boolean tried;

  /**
   * @param directory on the file system of layers and containers
   */
  public UserNamespaceSupport(ContainerKind kind, Path directory) {
    this.kind = kind;
    this.directory = directory;
  }

  /** Why there are none, empty where there are. */
  public synchronized Optional<String> problem() {
    if (!tried) {
      problem = find();
      tried = true;
    }
    return problem;
  }

  private Optional<String> find() {
    if (!(kind instanceof OciKind)) {
      return Optional.of("they need crun or runc, and containers are run by " + kind.describe());
    }
    if (HostTools.find("unshare").isEmpty() || HostTools.find("nsenter").isEmpty()) {
      return Optional.of("they need unshare and nsenter (util-linux)");
    }
    if (!Files.isWritable(Path.of("/dev/shm"))) {
      return Optional.of("they need /dev/shm");
    }
    try {
      attempt();
      return Optional.empty();
    } catch (IOException e) {
      return Optional.of(String.valueOf(e.getMessage()));
    }
  }

  private void attempt() throws IOException {
    IDMapping ids = IDMapping.newBuilder().setHostId(TRIED_ID).setLength(TRIED_ID).build();
    Path tried = Files.createTempDirectory(Files.createDirectories(directory), "userns");
    try (PodUsers users =
            PodUsers.create(new UserNamespace(List.of(ids), List.of(ids)), List.of());
        SyscallProgram program = new SyscallProgram()) {
      for (String name : List.of("layers", "layers/one", "upper", "work", "root")) {
        Files.createDirectories(tried.resolve(name));
      }
      int namespace = Fd.open(Path.of(users.file("user")), Fd.O_RDONLY);
      try {
        Mounts mounts = new Mounts(program);
        mounts.unshare(Mounts.CLONE_NEWNS).propagation("/", Mounts.REC | Mounts.PRIVATE);
        String layers = tried.resolve("layers").toString();
        mounts.attach(mounts.copy(layers, false, namespace), layers);
        mounts.mount(
            "overlay",
            "overlay",
            tried.resolve("root").toString(),
            0,
            "lowerdir="
                + layers
                + "/one,upperdir="
                + tried.resolve("upper")
                + ",workdir="
                + tried.resolve("work"));
        Spawn.run(program).orThrow();
      } finally {
        Fd.close(namespace);
      }
    } finally {
      FileTrees.delete(tried);
    }
  }
}
