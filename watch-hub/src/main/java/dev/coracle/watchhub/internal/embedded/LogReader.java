package dev.coracle.watchhub.internal.embedded;

import dev.coracle.watchhub.StorageException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.function.Consumer;

/** Reads a log file from its beginning and tells a torn tail from damage. */
final class LogReader {

  private final DataFile file;
  private final ByteBuffer all;

  LogReader(DataFile file) throws IOException {
    this.file = file;
    long size = file.size();
    if (size > Integer.MAX_VALUE) {
      throw new StorageException.Corrupt(file.path + " is larger than any log file");
    }
    this.all = file.channel().map(java.nio.channels.FileChannel.MapMode.READ_ONLY, 0, size);
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
            + ": what was written before it is sound, what came later cannot be trusted. Restore a"
            + " snapshot into a new directory, or save what can be read with 'snapshot save"
            + " --salvage'");
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
