package dev.coracle.launcher;

import java.io.Closeable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;

/**
 * The layout of a data directory, and the lock that keeps a second process out of it. The lock is
 * the operating system's, so it goes with the process however that ends.
 */
public final class DataDirectory implements Closeable {

  /** A UNIX socket's path must fit into sockaddr_un, 108 bytes with the closing zero. */
  private static final int LONGEST_SOCKET_PATH = 100;

  private final Path root;
  private final ExclusiveFile lock;

  private DataDirectory(Path root, ExclusiveFile lock) {
    this.root = root;
    this.lock = lock;
  }

  /**
   * Makes the directory where it is missing and takes its lock.
   *
   * @throws UserErrorException when it cannot be used or another process uses it
   */
  public static DataDirectory open(Path path) {
    Path root = path.toAbsolutePath().normalize();
    try {
      Files.createDirectories(root.resolve("run"));
      return ExclusiveFile.tryHold(root.resolve("lock"))
          .map(lock -> new DataDirectory(root, lock))
          .orElseThrow(() ->
              new UserErrorException(
                  "the data directory "
                      + root
                      + " is in use by another coracle"
                      + holder(root)
                      + "; stop it with 'coracle down --data-dir "
                      + root
                      + "' or choose another --data-dir"));
    } catch (AccessDeniedException e) {
      throw new UserErrorException(
          "no permission to use the data directory "
              + root
              + " ("
              + e.getFile()
              + "); choose another with --data-dir or change its owner");
    } catch (IOException e) {
      throw new UserErrorException(
          "cannot use the data directory "
              + root
              + ": "
              + e.getMessage()
              + "; choose another with --data-dir");
    }
  }

  /** Whether a process holds the lock now. */
  public static boolean isInUse(Path path) {
    Path lock = path.resolve("lock");
    if (!Files.exists(lock)) {
      return false;
    }
    try {
      Optional<ExclusiveFile> held = ExclusiveFile.tryHold(lock);
      if (held.isPresent()) {
        held.get().close();
      }
      return held.isEmpty();
    } catch (IOException e) {
      return false;
    }
  }

  private static String holder(Path root) {
    return ProcessState.read(root).map(s -> " (process " + s.pid() + ")").orElse("");
  }

  public Path root() {
    return root;
  }

  public Path pki() {
    return root.resolve("pki");
  }

  public Path store() {
    return root.resolve("store");
  }

  public Path run() {
    return root.resolve("run");
  }

  public Path runtime() {
    return root.resolve("runtime");
  }

  public Path kubelet() {
    return root.resolve("kubelet");
  }

  public Path simulatedNodes() {
    return root.resolve("simulated");
  }

  public Path podLogs() {
    return root.resolve("logs").resolve("pods");
  }

  public Path kubeconfig() {
    return root.resolve("kubeconfig");
  }

  /**
   * The built-in runtime's socket; in the temporary directory where this one's path is too long.
   */
  public Path criSocket() {
    Path socket = run().resolve("cri.sock");
    if (socket.toString().length() <= LONGEST_SOCKET_PATH) {
      return socket;
    }
    return Path.of(System.getProperty("java.io.tmpdir"), "coracle-" + clusterId() + ".sock");
  }

  /**
   * Six characters that name this cluster in the kernel's name spaces (devices, tables, cgroups).
   * The same for the same directory, so what a killed process left is found again.
   */
  public String clusterId() {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256")
              .digest(root.toString().getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest, 0, 3);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() throws IOException {
    lock.close();
  }
}
