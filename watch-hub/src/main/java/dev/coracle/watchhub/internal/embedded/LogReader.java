package dev.coracle.watchhub.internal.embedded;

import dev.coracle.watchhub.StorageException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.util.function.Consumer;

/** Reads a log file from its beginning and tells a torn tail from damage. */
final class LogReader {

  /** What can be done about damage that leaves what came before it readable. */
  static final String ADVICE =
      "Restore a snapshot with 'coracle snapshot restore --replace', or first save what lies before"
          + " the damage with 'coracle snapshot save --salvage'";

  private final DataFile file;
  private final ByteBuffer all;

  /**
   * @param arena for as long as which the file is mapped: a map that lives longer would hold the
   *     disk's space when the file is deleted
   */
  LogReader(DataFile file, Arena arena) throws IOException {
    this.file = file;
    if (file.size() > Integer.MAX_VALUE) {
      throw new StorageException.Corrupt(file.path + " is larger than any log file");
    }
    this.all = file.map(arena).asByteBuffer();
  }

  /**
   * Gives every frame to {@code sink}.
   *
   * @param closed whether the file must end with an END frame
   * @param exact false: the file is being written, so its tail proves nothing
   * @param ended called when it does
   * @return where the last good frame ends
   * @throws StorageException.Corrupt a frame that was acknowledged is damaged
   */
  long read(boolean closed, boolean exact, Consumer<Frame> sink, Runnable ended) {
    int at = LogFile.FILE_HEADER;
    long group = 0;
    while (true) {
      Frame frame = frameAt(at);
      if (frame == null) {
        break;
      }
      group = frame.group();
      at += Frame.OVERHEAD + frame.body().remaining();
      if (frame.kind() == Frame.Kind.END) {
        ended.run();
        return at;
      }
      sink.accept(frame);
    }
    if (closed) {
      throw damaged(at);
    }
    if (exact) {
      checkTail(at, group);
    }
    return at;
  }

  private StorageException damaged(long at) {
    return new StorageException.Corrupt(
        file.path
            + " is damaged at byte "
            + at
            + ": what was written before it is sound, what came later cannot be trusted. "
            + ADVICE);
  }

  /** A frame of a later group behind the bad place means that the bad place was durable once. */
  private void checkTail(int from, long lastGroup) {
    for (int i = from; i + Frame.OVERHEAD <= all.limit(); i++) {
      if (all.get(i) == (byte) (Frame.MAGIC >>> 24) && all.getInt(i) == Frame.MAGIC) {
        Frame frame = frameAt(i);
        if (frame != null && frame.group() > lastGroup + 1) {
          throw damaged(from);
        }
      }
    }
  }

  private @org.jspecify.annotations.Nullable Frame frameAt(int at) {
    if (at + Frame.OVERHEAD > all.limit() || all.getInt(at) != Frame.MAGIC) {
      return null;
    }
    int length = all.getInt(at + 4);
    int from = at + Frame.HEADER;
    if (length < 9 || length > all.limit() - from) {
      return null;
    }
    ByteBuffer content = all.slice(from, length);
    if (Frame.checksum(content.duplicate()) != all.getInt(at + 8)) {
      return null;
    }
    long group = content.getLong();
    Frame.Kind kind = Frame.Kind.of(content.get());
    return new Frame(group, kind, content.slice(), from + 9L);
  }
}
