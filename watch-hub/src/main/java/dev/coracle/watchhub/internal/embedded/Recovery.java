package dev.coracle.watchhub.internal.embedded;

import dev.coracle.watchhub.StorageException;
import dev.coracle.watchhub.config.EmbeddedOptions;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Reads a data directory back into an index: the base file's index, then every log file. Refuses
 * what is foreign, newer or damaged, and cuts off the torn tail of the last log file, which nobody
 * was told of.
 */
final class Recovery {

  static final String FORMAT_FILE = "FORMAT";
  static final String FORMAT_LINE = "coracle-store 1";

  final Index index = new Index();
  final Leases leases = new Leases();
  final List<DataFile> closed = new ArrayList<>();
  @Nullable DataFile base;
  @Nullable LogFile current;
  long baseRevision = 1;
  long nextSequence = 1;
  long lastGroup;

  /** What a recovery may do about what it finds. */
  enum Mode {
    /** Open for writing: cuts off a torn tail, refuses damage. */
    WRITE,
    /** Only look: refuses damage and changes nothing. */
    READ,
    /** Look while a writer is at it: the last file's tail is where the file ends for us. */
    READ_LIVE,
    /** As READ, and damage ends the reading instead of refusing it. */
    SALVAGE
  }

  private final Disk disk;
  private final Mode mode;
  private final Path directory;
  private final long now;

  /** In SALVAGE: what was met; empty when all is sound. */
  String damage = "";

  private boolean stopped;

  /** Keys met in log files since the last compaction: a change finds its key without a search. */
  private final Map<String, KeyHistory> met = new HashMap<>();

  private Recovery(Path directory, Disk disk, Mode mode, long now) {
    this.disk = disk;
    this.mode = mode;
    this.directory = directory;
    this.now = now;
    // As in etcd an empty store is at revision 1 and the first write makes 2.
    index.visible = index.newest = index.compacted = 1;
  }

  /**
   * @throws StorageException.Corrupt see the message
   */
  static Recovery open(EmbeddedOptions options, Disk disk, long now) throws IOException {
    return run(new Recovery(options.directory(), disk, Mode.WRITE, now));
  }

  /** Reads without changing anything. */
  static Recovery look(Path directory, Mode mode) throws IOException {
    return run(new Recovery(directory, Disk.real(false), mode, 0));
  }

  private static Recovery run(Recovery recovery) throws IOException {
    try {
      recovery.checkFormat();
      recovery.read();
      return recovery;
    } catch (IOException | RuntimeException e) {
      recovery.closeAll();
      throw e;
    }
  }

  private void checkFormat() throws IOException {
    Path format = directory.resolve(FORMAT_FILE);
    if (Files.exists(format)) {
      String line = Files.readString(format).strip();
      if (!line.equals(FORMAT_LINE)) {
        throw new StorageException.Corrupt(
            line.startsWith("coracle-store ")
                ? directory
                    + " was written by a newer Coracle ("
                    + line
                    + "): use that version, or"
                    + " restore a snapshot of this one into another directory"
                : directory + " holds a " + FORMAT_FILE + " file that is not Coracle's");
      }
      return;
    }
    if (mode != Mode.WRITE) {
      throw new StorageException.Corrupt(directory + " is not a Coracle data directory");
    }
    List<String> strangers = names("").stream().filter(n -> !n.equals(DirectoryLock.NAME)).toList();
    if (!strangers.isEmpty()) {
      String hint = strangers.contains("member") ? " (it looks like an etcd data directory)" : "";
      throw new StorageException.Corrupt(
          directory
              + " is not empty and not a Coracle data directory"
              + hint
              + ": it holds "
              + String.join(", ", strangers.subList(0, Math.min(5, strangers.size())))
              + ". Nothing was changed; choose another directory");
    }
    Files.writeString(format, FORMAT_LINE + "\n");
    disk.syncDirectory(directory);
  }

  private List<String> names(String prefix) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files
          .map(p -> p.getFileName().toString())
          .filter(n -> n.startsWith(prefix))
          .sorted()
          .toList();
    }
  }

  private void read() throws IOException {
    for (String name : names("")) {
      if (mode == Mode.WRITE && name.endsWith(".tmp")) {
        Files.delete(directory.resolve(name));
      }
    }
    readBase();
    List<String> logs = names("log-");
    for (int i = 0; i < logs.size() && !stopped; i++) {
      salvaging(logs.get(i), i == logs.size() - 1);
    }
    met.clear();
    index.visible = index.newest;
    for (KeyHistory history : index.keys.values()) {
      Version v = history.newest();
      if (v != null) {
        index.liveKeys++;
        index.liveBytes += v.length + history.key.length();
        leases.attach(v.lease, history.key);
      }
    }
  }

  private void readBase() throws IOException {
    List<String> bases = names("base-").stream().filter(n -> !n.endsWith(".tmp")).toList();
    if (bases.isEmpty()) {
      return;
    }
    // Older ones are left over from a crash between writing the new one and deleting them.
    for (String old : bases.subList(0, bases.size() - 1)) {
      if (mode == Mode.WRITE) {
        Files.delete(directory.resolve(old));
      }
    }
    DataFile file = new DataFile(directory.resolve(bases.getLast()));
    base = file;
    try (Arena arena = Arena.ofConfined()) {
      BaseValues values = new BaseValues(file, file.map(arena), index, mode == Mode.SALVAGE);
      baseRevision = BaseFile.read(file, values.into(leases, now));
      damage = values.damage();
    } catch (StorageException.Corrupt e) {
      throw new StorageException.Corrupt(e.getMessage() + ". " + BaseValues.ADVICE);
    }
    index.newest = index.compacted = baseRevision;
  }

  private void salvaging(String log, boolean last) throws IOException {
    try {
      readLog(log, last);
    } catch (StorageException.Corrupt e) {
      if (mode != Mode.SALVAGE) {
        throw e;
      }
      damage += (damage.isEmpty() ? "" : "; ") + e.getMessage();
      stopped = true;
    }
  }

  private void readLog(String name, boolean last) throws IOException {
    long sequence = Long.parseLong(name.substring("log-".length()));
    Path path = directory.resolve(name);
    DataFile file = new DataFile(path);
    if (last && file.size() < LogFile.FILE_HEADER) {
      // The crash came while the file was begun: nothing was ever written to it.
      if (mode == Mode.WRITE) {
        file.delete();
      } else {
        file.close();
      }
      nextSequence = sequence;
      return;
    }
    closed.add(file);
    long before = LogFile.readHeader(file, sequence);
    if (before > index.newest) {
      throw new StorageException.Corrupt(
          "a log file before "
              + path
              + " is missing: revisions "
              + (index.newest + 1)
              + " to "
              + before
              + " are gone. "
              + LogReader.ADVICE);
    }
    file.lastRevision = before;
    boolean[] ended = {false};
    boolean exact = !last || mode != Mode.READ_LIVE;
    long end;
    try (Arena arena = Arena.ofConfined()) {
      LogReader reader = new LogReader(file, arena);
      end = reader.read(!last, exact, frame -> replay(frame, file), () -> ended[0] = true);
    }
    nextSequence = sequence + 1;
    if (mode == Mode.WRITE && last && !ended[0]) {
      closed.removeLast();
      current = LogFile.resume(disk, file, sequence, end);
    }
  }

  private void replay(Frame frame, DataFile file) {
    lastGroup = Math.max(lastGroup, frame.group());
    ByteBuffer body = frame.body();
    switch (frame.kind()) {
      case COMMIT -> commit(body.duplicate(), frame.offset(), file);
      case LEASE -> {
        long id = body.getLong(0);
        if (leases.get(id) == null) {
          leases.add(id, body.getLong(8), now);
        }
      }
      case LEASE_END -> leases.remove(body.getLong(0));
      case COMPACT -> {
        long revision = body.getLong(0);
        if (revision > index.compacted && revision <= index.newest) {
          index.compact(revision);
          met.clear();
        }
      }
      case END -> {}
    }
  }

  private void commit(ByteBuffer body, long offset, DataFile file) {
    long revision = body.getLong();
    file.lastRevision = Math.max(file.lastRevision, revision);
    if (revision <= index.newest) {
      return; // in the base file already
    }
    if (revision != index.newest + 1) {
      throw new StorageException.Corrupt(
          file.path
              + " jumps from revision "
              + index.newest
              + " to "
              + revision
              + ". "
              + LogReader.ADVICE);
    }
    int count = body.getInt();
    List<KeyHistory> changed = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      boolean put = body.get() == 1;
      byte[] key = new byte[body.getInt()];
      body.get(key);
      KeyHistory history =
          met.computeIfAbsent(new String(key, StandardCharsets.UTF_8), index::historyOf);
      if (put) {
        long create = body.getLong();
        long version = body.getLong();
        long lease = body.getLong();
        int length = body.getInt();
        history.append(
            new Version(revision, create, version, lease, file, offset + body.position(), length));
        body.position(body.position() + length);
      } else {
        history.append(Version.deletion(revision));
      }
      changed.add(history);
    }
    index.newest = revision;
    index.noteRevision(revision, changed);
  }

  void closeAll() {
    List<AutoCloseable> all = new ArrayList<>(closed);
    if (base != null) {
      all.add(base);
    }
    if (current != null) {
      all.add(current);
      all.add(current.data);
    }
    for (AutoCloseable file : all) {
      try {
        file.close();
      } catch (Exception e) {
        // Opening has failed already and says why.
        continue;
      }
    }
  }
}
