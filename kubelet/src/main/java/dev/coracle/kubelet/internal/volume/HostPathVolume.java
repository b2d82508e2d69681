package dev.coracle.kubelet.internal.volume;

import dev.coracle.kubelet.internal.runtime.ContainerMounts.Mounted;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A path of the host, checked or made according to its type (Kubernetes docs, "hostPath volume
 * types").
 */
final class HostPathVolume implements VolumePlugin {
  private static final int FORMAT = 0170000;

  @Override
  public String field() {
    return "hostPath";
  }

  @Override
  public String directoryName() {
    return "kubernetes.io~host-path";
  }

  @Override
  public Mounted mount(Request request) throws IOException {
    return at(request.source().path("path").asText(""), request.source().path("type").asText(""));
  }

  static Mounted at(String where, String type) throws IOException {
    Path path = Path.of(where);
    switch (type) {
      case "DirectoryOrCreate" -> {
        if (!Files.exists(path)) {
          Files.createDirectories(path);
        }
        require(Files.isDirectory(path), path, "a directory");
      }
      case "FileOrCreate" -> {
        if (!Files.exists(path)) {
          Files.createFile(path);
        }
        require(Files.isRegularFile(path), path, "a file");
      }
      case "Directory" -> require(Files.isDirectory(path), path, "a directory");
      case "File" -> require(Files.isRegularFile(path), path, "a file");
      case "Socket" -> require(format(path) == 0140000, path, "a socket");
      case "CharDevice" -> require(format(path) == 0020000, path, "a character device");
      case "BlockDevice" -> require(format(path) == 0060000, path, "a block device");
      default -> {
        if (!Files.exists(path)) {
          Files.createDirectories(path);
        }
      }
    }
    return Mounted.at(path);
  }

  private static int format(Path path) throws IOException {
    return Files.exists(path) ? (int) Files.getAttribute(path, "unix:mode") & FORMAT : 0;
  }

  private static void require(boolean fits, Path path, String what) {
    if (!fits) {
      throw new IllegalArgumentException("hostPath type check failed: " + path + " is not " + what);
    }
  }
}
