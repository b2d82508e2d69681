package dev.coracle.criruntime.internal.checkpoint;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.criruntime.internal.image.TarWriter;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.stream.Stream;

/**
 * The archive of a checkpoint as containerd and CRI-O write it: CRIU's images in {@code
 * checkpoint/}, {@code rootfs-diff.tar}, {@code spec.dump} (the OCI runtime's specification),
 * {@code config.dump} (what container it was), {@code dump.log} and {@code stats-dump}.
 *
 * @param directory of the checkpoint, with {@link #images()} and {@link #work()} filled by CRIU
 */
public record CheckpointArchive(Path directory) {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** What container it was. */
  public record Container(
      String id,
      String name,
      String imageName,
      String imageRef,
      String runtime,
      Instant created,
      Instant checkpointed) {

    private byte[] json() throws IOException {
      ObjectNode out = JSON.createObjectNode().put("id", id).put("name", name);
      out.put("rootfsImage", imageName).put("rootfsImageRef", imageRef);
      out.put("rootfsImageName", imageName).put("runtime", runtime);
      out.put("createdTime", created.toString()).put("checkpointedTime", checkpointed.toString());
      return JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(out);
    }
  }

  public Path images() {
    return directory.resolve("checkpoint");
  }

  public Path work() {
    return directory.resolve("work");
  }

  /**
   * Writes the archive, for root alone; nobody sees half of it.
   *
   * @param upper what the container has changed of its image
   */
  public void write(Path location, Container container, Path spec, Path upper) throws IOException {
    Path diff = directory.resolve("rootfs-diff.tar");
    UpperDiff.write(upper, diff);
    Path next = location.resolveSibling(location.getFileName() + ".tmp");
    try {
      Files.deleteIfExists(next);
      Files.createFile(
          next, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      try (TarWriter tar = new TarWriter(new BufferedOutputStream(Files.newOutputStream(next)))) {
        tar.directory("checkpoint", 0700);
        try (Stream<Path> list = Files.list(images())) {
          for (Path image : list.sorted().toList()) {
            add(tar, "checkpoint/" + image.getFileName(), image);
          }
        }
        add(tar, "rootfs-diff.tar", diff);
        add(tar, "spec.dump", spec);
        tar.file("config.dump", 0600, container.json());
        for (String said : new String[] {"dump.log", "stats-dump"}) {
          if (Files.exists(work().resolve(said))) {
            add(tar, said, work().resolve(said));
          }
        }
      }
      Files.move(next, location, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(next);
    }
  }

  private static void add(TarWriter tar, String name, Path file) throws IOException {
    try (InputStream content = Files.newInputStream(file)) {
      tar.file(name, 0600, Files.size(file), content);
    }
  }
}
