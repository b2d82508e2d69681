package dev.coracle.watchhub.internal.embedded;

import dev.coracle.watchhub.SnapshotStatus;
import dev.coracle.watchhub.StorageException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Writes, checks and restores snapshots, which are base files. Blocks. */
public final class SnapshotFiles {

  private static final int ATTEMPTS = 5;

  private SnapshotFiles() {}

  /**
   * Saves a data directory, also one that a running process writes to: its files are only appended
   * to, and when a checkpoint replaces them meanwhile, the reading begins anew.
   */
  public static SnapshotStatus save(Path directory, Path target, boolean salvage)
      throws IOException {
    for (int attempt = 1; ; attempt++) {
      try {
        return saveOnce(directory, target, salvage);
      } catch (NoSuchFileException e) {
        if (attempt == ATTEMPTS || !Files.isDirectory(directory)) {
          throw e;
        }
      }
    }
  }

  private static SnapshotStatus saveOnce(Path directory, Path target, boolean salvage)
      throws IOException {
    if (Files.exists(target)) {
      throw new StorageException.KeyExists(target.toString());
    }
    if (!Files.isDirectory(directory)) {
      throw new NoSuchFileException(directory.toString());
    }
    try (DirectoryLock _ = DirectoryLock.take(directory)) {
      // Nobody runs on it: a bad tail is torn or damaged, and can be told apart.
      Recovery.Mode mode = salvage ? Recovery.Mode.SALVAGE : Recovery.Mode.READ;
      return write(Recovery.look(directory, mode), target);
    } catch (DirectoryLock.InUse e) {
      return write(Recovery.look(directory, Recovery.Mode.READ_LIVE), target);
    }
  }

  private static SnapshotStatus write(Recovery found, Path target) throws IOException {
    try {
      Path unfinished = target.resolveSibling(target.getFileName() + ".tmp");
      Files.deleteIfExists(unfinished);
      Disk disk = Disk.real(true);
      BaseFile.write(
          disk,
          unfinished,
          found.index,
          found.index.visible,
          LogFiles.entries(found.leases),
          (_, _, _) -> {});
      Files.move(unfinished, target, StandardCopyOption.ATOMIC_MOVE);
      disk.syncDirectory(java.util.Objects.requireNonNull(target.toAbsolutePath().getParent()));
      SnapshotStatus status = status(target);
      return new SnapshotStatus(
          status.revision(),
          status.keys(),
          status.leases(),
          status.bytes(),
          status.hash(),
          found.damage);
    } finally {
      found.closeAll();
    }
  }

  private record Entry(String key, long offset, int length, int crc) {}

  /**
   * Reads and checks every byte.
   *
   * @throws StorageException.Corrupt something does not fit
   */
  public static SnapshotStatus status(Path file) throws IOException {
    try (DataFile data = new DataFile(file)) {
      List<Entry> entries = new ArrayList<>();
      long[] leases = {0};
      long revision =
          BaseFile.read(
              data,
              new BaseFile.Sink() {
                @Override
                public void key(
                    String key,
                    long create,
                    long mod,
                    long version,
                    long lease,
                    long offset,
                    int length,
                    int crc) {
                  entries.add(new Entry(key, offset, length, crc));
                }

                @Override
                public void lease(long id, long ttlSeconds) {
                  leases[0]++;
                }
              });
      java.util.zip.CRC32C hash = new java.util.zip.CRC32C();
      for (Entry entry : entries) {
        byte[] value = data.read(entry.offset, entry.length);
        if (Frame.checksum(ByteBuffer.wrap(value)) != entry.crc) {
          throw new StorageException.Corrupt(
              file + " is damaged: the value of " + entry.key + " has another checksum");
        }
        hash.update(entry.key.getBytes(java.nio.charset.StandardCharsets.UTF_8));
        hash.update(value);
      }
      return new SnapshotStatus(
          revision,
          entries.size(),
          leases[0],
          data.size(),
          String.format("%08x", hash.getValue()),
          "");
    }
  }

  /**
   * Makes a data directory of a snapshot.
   *
   * @param bump how much the revision is raised
   */
  public static SnapshotStatus restore(Path file, Path directory, long bump) throws IOException {
    SnapshotStatus status = status(file);
    if (Files.exists(directory)) {
      try (Stream<Path> content = Files.list(directory)) {
        if (content.findAny().isPresent()) {
          throw new StorageException.Corrupt(
              directory + " is not empty: a snapshot is restored into a directory of its own");
        }
      }
    }
    Files.createDirectories(directory);
    long revision = status.revision() + bump;
    Path base = BaseFile.path(directory, revision);
    Path unfinished = base.resolveSibling(base.getFileName() + ".tmp");
    Files.deleteIfExists(unfinished);
    Files.createFile(unfinished, Disk.OWNER_ONLY);
    try (OutputStream out = Files.newOutputStream(unfinished)) {
      Files.copy(file, out);
    }
    try (FileChannel channel = FileChannel.open(unfinished, StandardOpenOption.WRITE)) {
      channel.write(BaseFile.header(revision), 0);
      channel.force(true);
    }
    Files.move(unfinished, base, StandardCopyOption.ATOMIC_MOVE);
    Files.writeString(directory.resolve(Recovery.FORMAT_FILE), Recovery.FORMAT_LINE + "\n");
    Disk.real(true).syncDirectory(directory);
    return new SnapshotStatus(
        revision, status.keys(), status.leases(), status.bytes(), status.hash(), "");
  }
}
