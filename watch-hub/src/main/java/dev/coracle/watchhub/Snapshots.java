package dev.coracle.watchhub;

import dev.coracle.watchhub.internal.embedded.SnapshotFiles;
import java.io.IOException;
import java.nio.file.Path;

/**
 * Snapshots of the embedded storage: {@code coracle snapshot save|restore|status}. All calls block
 * and read every byte; failures are {@link StorageException}s whose message can be shown as it is.
 */
public final class Snapshots {

  /** By how much {@link #restore} raises the revision. */
  private static final long BUMP = 1_000_000;

  private Snapshots() {}

  /**
   * Saves what a data directory holds into a new file. A process that runs on the directory is not
   * disturbed and need not be told.
   *
   * @param salvage of a damaged directory: save what can be read before the damage
   */
  public static SnapshotStatus save(Path dataDirectory, Path file, boolean salvage) {
    return run(() -> SnapshotFiles.save(dataDirectory, file, salvage));
  }

  /** Checks a snapshot file from its first to its last byte. */
  public static SnapshotStatus status(Path file) {
    return run(() -> SnapshotFiles.status(file));
  }

  /**
   * Makes a new data directory of a snapshot. Its revision is raised by a million and all history
   * before counts as compacted: so clients that have seen later revisions than the snapshot's find
   * out (410 Expired) and list anew, instead of taking old numbers for new.
   */
  public static SnapshotStatus restore(Path file, Path dataDirectory) {
    return run(() -> SnapshotFiles.restore(file, dataDirectory, BUMP));
  }

  private interface Work {
    SnapshotStatus run() throws IOException;
  }

  private static SnapshotStatus run(Work work) {
    try {
      return work.run();
    } catch (IOException e) {
      throw new StorageException.Unavailable(e.toString(), e);
    }
  }
}
