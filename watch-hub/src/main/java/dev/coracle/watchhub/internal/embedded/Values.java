package dev.coracle.watchhub.internal.embedded;

import dev.coracle.watchhub.KeyValue;
import dev.coracle.watchhub.StorageException;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import org.jspecify.annotations.Nullable;

/** Reads values where their versions say they are. */
final class Values {

  private Values() {}

  /**
   * @throws StorageException.Unavailable the file cannot be read
   * @throws StorageException.Compacted the version went while it was read
   */
  static KeyValue read(KeyHistory history, Version version, Index index) {
    Version v = version;
    while (true) {
      try {
        byte[] value = v.recent;
        if (value == null) {
          DataFile file = java.util.Objects.requireNonNull(v.file);
          value = file.read(v.offset, v.length);
        }
        return new KeyValue(
            history.key, value, v.createRevision, v.modRevision, v.version, v.lease);
      } catch (ClosedChannelException e) {
        // A checkpoint has moved the value and closed the file: look again.
        @Nullable Version now = history.exactly(v.modRevision);
        if (now == null) {
          throw new StorageException.Compacted(index.compacted);
        }
        if (now.file == v.file) {
          throw new StorageException.Unavailable("the storage is closed", e);
        }
        v = now;
      } catch (IOException e) {
        throw new StorageException.Unavailable("cannot read " + v.file.path, e);
      }
    }
  }
}
