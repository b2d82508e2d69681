package dev.coracle.watchhub.internal.embedded;

import dev.coracle.watchhub.KeyValue;
import dev.coracle.watchhub.StoredReader;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.ClosedChannelException;
import java.util.IdentityHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads many values: maps the files that hold them for as long as it is open, so a value costs a
 * copy and no system call. One thread's alone.
 */
final class BulkReader implements AutoCloseable {

  private final Index index;
  private final Arena arena = Arena.ofConfined();
  private final Map<DataFile, MemorySegment> maps = new IdentityHashMap<>();

  BulkReader(Index index) {
    this.index = index;
  }

  KeyValue read(KeyHistory history, Version v) {
    byte[] value = v.recent;
    if (value == null) {
      MemorySegment map = mapped(v);
      value = map == null ? null : map.asSlice(v.offset, v.length).toArray(ValueLayout.JAVA_BYTE);
    }
    return value == null
        ? Values.read(history, v, index)
        : new KeyValue(history.key, value, v.createRevision, v.modRevision, v.version, v.lease);
  }

  /** Gives the value away where it lies. */
  void give(KeyHistory history, Version v, StoredReader reader) {
    byte[] recent = v.recent;
    MemorySegment map = recent == null ? mapped(v) : null;
    if (map == null) {
      byte[] value = recent == null ? Values.read(history, v, index).value() : recent;
      reader.take(history.key, v.modRevision, new Piece(MemorySegment.ofArray(value), 0, v.length));
    } else {
      reader.take(history.key, v.modRevision, new Piece(map, v.offset, v.length));
    }
  }

  private record Piece(MemorySegment of, long offset, int length) implements StoredReader.Value {
    @Override
    public void copyTo(byte[] target, int at) {
      MemorySegment.copy(of, ValueLayout.JAVA_BYTE, offset, target, at, length);
    }
  }

  /** The file of a value; null when it is gone, or the value lies behind what was mapped of it. */
  private @Nullable MemorySegment mapped(Version v) {
    DataFile file = v.file;
    if (file == null) {
      return null;
    }
    MemorySegment map = maps.get(file);
    if (map == null) {
      try {
        map = file.map(arena);
      } catch (ClosedChannelException e) {
        return null; // a checkpoint has moved its values: they are looked up again
      } catch (IOException e) {
        return null; // the plain read will say what is wrong
      }
      maps.put(file, map);
    }
    return v.offset + v.length <= map.byteSize() ? map : null;
  }

  @Override
  public void close() {
    arena.close();
  }
}
