package dev.coracle.watchhub.internal.embedded;

import dev.coracle.watchhub.StorageException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * Takes a base file's keys into the index, and checks every value against its checksum: a value
 * that has changed on the disk is found when the store is opened, not when somebody reads it.
 */
final class BaseValues {

  /** What can be done about a damaged base file. */
  static final String ADVICE =
      "Restore a snapshot with 'coracle snapshot restore --replace'. Where only values are damaged,"
          + " all others can first be saved with 'coracle snapshot save --salvage'";

  private static final int NAMED = 10;

  private final DataFile file;
  private final MemorySegment bytes;
  private final Index index;
  private final boolean salvage;
  private final List<String> damaged = new ArrayList<>();

  /**
   * @param bytes the whole file, mapped
   * @param salvage leave damaged values out instead of refusing the file
   */
  BaseValues(DataFile file, MemorySegment bytes, Index index, boolean salvage) {
    this.file = file;
    this.bytes = bytes;
    this.index = index;
    this.salvage = salvage;
  }

  BaseFile.Sink into(Leases leases, long now) {
    return new BaseFile.Sink() {
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
        if (isSound(offset, length, crc)) {
          index
              .historyOf(key)
              .append(new Version(mod, create, version, lease, file, offset, length));
        } else if (salvage) {
          damaged.add(key);
        } else {
          throw new StorageException.Corrupt(
              file.path + " is damaged: the value of " + key + " has another checksum");
        }
      }

      @Override
      public void lease(long id, long ttlSeconds) {
        leases.add(id, ttlSeconds, now);
      }
    };
  }

  private boolean isSound(long offset, int length, int crc) {
    return offset >= BaseFile.HEADER
        && length >= 0
        && offset + length <= bytes.byteSize()
        && Frame.checksum(bytes.asSlice(offset, length).asByteBuffer()) == crc;
  }

  /** Which values were left out; empty for none. */
  String damage() {
    if (damaged.isEmpty()) {
      return "";
    }
    String some = String.join(", ", damaged.subList(0, Math.min(NAMED, damaged.size())));
    return damaged.size()
        + " values in "
        + file.path
        + " are damaged: "
        + some
        + (damaged.size() > NAMED ? " and more" : "");
  }
}
