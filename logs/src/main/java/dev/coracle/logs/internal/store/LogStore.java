package dev.coracle.logs.internal.store;

import dev.coracle.api.selector.LabelSelector;
import dev.coracle.logs.LogEntry;
import dev.coracle.logs.LogStream;
import dev.coracle.logs.internal.store.LogQuery.Hit;
import dev.coracle.logs.internal.store.LogQuery.Place;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Entries in segments on disk, appended by one thread, searched by any. A full segment is closed
 * and gets its index; when all together are too large, the oldest goes. Writes are handed to the
 * operating system at every {@link #flush}, never forced to disk: after a power failure the last
 * seconds may be missing, and the containers' own files still have them.
 */
public final class LogStore implements AutoCloseable {

  private static final String LOG = ".log";
  private static final String INDEX = ".index";
  private static final Pattern SEGMENT = Pattern.compile("([0-9a-f]{12})\\.log");

  /** So much is held at most before it is written. */
  private static final int FLUSH_BYTES = 256 << 10;

  private final Path directory;
  private final long maxBytes;
  private final int segmentBytes;

  /** Segment number to size, its index included; guarded by itself. */
  private final TreeMap<Long, Long> segments = new TreeMap<>();

  // Of the writing thread.
  private final ByteArrayOutputStream waiting = new ByteArrayOutputStream();
  private final Map<LogStream, Integer> ids = new HashMap<>();
  private SegmentIndex index = new SegmentIndex();
  private FileChannel channel;
  private long current;
  private long written;

  /** Opens the store; a segment that was being written goes on as a closed one. */
  public LogStore(Path directory, long maxBytes, int segmentBytes) throws IOException {
    this.directory = Files.createDirectories(directory);
    this.maxBytes = maxBytes;
    this.segmentBytes = segmentBytes;
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : files.toList()) {
        Matcher name = SEGMENT.matcher(file.getFileName().toString());
        if (name.matches()) {
          segments.put(Long.parseLong(name.group(1), 16), Files.size(file));
        }
      }
    }
    for (Map.Entry<Long, Long> segment : segments.entrySet()) {
      Path index = file(segment.getKey(), INDEX);
      if (!Files.exists(index)) {
        reindex(segment.getKey());
      }
      segment.setValue(segment.getValue() + Files.size(index));
    }
    this.current = segments.isEmpty() ? 1 : segments.lastKey() + 1;
    this.channel = open();
  }

  private void reindex(long segment) throws IOException {
    SegmentIndex fresh = new SegmentIndex();
    SegmentReader.read(
        file(segment, LOG),
        segment,
        everything(),
        hit ->
            fresh.add(
                SegmentFormat.path(hit.entry().stream()),
                hit.entry().time(),
                hit.entry().message()));
    fresh.write(file(segment, INDEX));
  }

  private static LogQuery everything() {
    return new LogQuery(
        "", "", "", "", LabelSelector.EVERYTHING, "", List.of(), 1, Optional.empty());
  }

  private FileChannel open() throws IOException {
    FileChannel opened =
        FileChannel.open(
            file(current, LOG), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    synchronized (segments) {
      segments.put(current, 0L);
    }
    return opened;
  }

  private Path file(long segment, String kind) {
    return directory.resolve("%012x%s".formatted(segment, kind));
  }

  /** Takes an entry; it can be found after the next {@link #flush}, at the latest. */
  public void add(LogEntry entry) throws IOException {
    if (waiting.size() >= FLUSH_BYTES) {
      flush();
    }
    Integer id = ids.get(entry.stream());
    if (id == null) {
      id = ids.size();
      ids.put(entry.stream(), id);
      write(SegmentFormat.stream(id, entry.stream()));
    }
    write(SegmentFormat.entry(id, entry.time(), entry.output(), entry.message()));
    index.add(SegmentFormat.path(entry.stream()), entry.time(), entry.message());
  }

  private void write(String line) {
    byte[] bytes = line.getBytes(StandardCharsets.UTF_8);
    waiting.write(bytes, 0, bytes.length);
  }

  /** Makes what was added visible to searches, and begins a new segment where this one is full. */
  public void flush() throws IOException {
    if (waiting.size() == 0) {
      return;
    }
    ByteBuffer bytes = ByteBuffer.wrap(waiting.toByteArray());
    while (bytes.hasRemaining()) {
      written += channel.write(bytes);
    }
    waiting.reset();
    synchronized (segments) {
      segments.put(current, written);
    }
    if (written >= segmentBytes) {
      seal();
      current++;
      written = 0;
      channel = open();
      dropOldest();
    }
  }

  private void seal() throws IOException {
    channel.close();
    index.write(file(current, INDEX));
    synchronized (segments) {
      segments.put(current, written + Files.size(file(current, INDEX)));
    }
    index = new SegmentIndex();
    ids.clear();
  }

  private void dropOldest() throws IOException {
    synchronized (segments) {
      while (segments.size() > 1
          && segments.values().stream().mapToLong(Long::longValue).sum() > maxBytes) {
        long oldest = segments.pollFirstEntry().getKey();
        Files.deleteIfExists(file(oldest, LOG));
        Files.deleteIfExists(file(oldest, INDEX));
      }
    }
  }

  /** Bytes on disk. */
  public long size() {
    synchronized (segments) {
      return segments.values().stream().mapToLong(Long::longValue).sum();
    }
  }

  /** The newest entries the query wants, oldest first. Blocks on the disk. */
  public List<Hit> search(LogQuery query) throws IOException {
    List<Long> newestFirst;
    synchronized (segments) {
      newestFirst = new ArrayList<>(segments.descendingKeySet());
    }
    Deque<Hit> found = new ArrayDeque<>();
    for (long segment : newestFirst) {
      if (query.before().filter(p -> segment > p.segment()).isPresent()
          || !isWorthReading(segment, query)) {
        continue;
      }
      int room = query.limit() - found.size();
      Deque<Hit> newest = new ArrayDeque<>();
      try {
        SegmentReader.read(
            file(segment, LOG),
            segment,
            query,
            hit -> {
              newest.addLast(hit);
              if (newest.size() > room) {
                newest.removeFirst();
              }
            });
      } catch (NoSuchFileException e) {
        continue; // It was the oldest, and has just gone.
      }
      while (!newest.isEmpty()) {
        found.addFirst(newest.removeLast());
      }
      if (found.size() >= query.limit()) {
        break;
      }
    }
    return List.copyOf(found);
  }

  private boolean isWorthReading(long segment, LogQuery query) {
    Path file = file(segment, INDEX);
    try {
      return !Files.exists(file) || SegmentIndex.read(file).mayHave(query);
    } catch (NoSuchFileException e) {
      return false;
    } catch (IOException e) {
      return true; // Damaged: the segment itself tells.
    }
  }

  /** The entry at a place, if it is still there. */
  public Optional<Hit> at(Place place) throws IOException {
    List<Hit> hits = new ArrayList<>();
    try {
      SegmentReader.read(
          file(place.segment(), LOG),
          place.segment(),
          everything(),
          hit -> {
            if (hit.place().equals(place)) {
              hits.add(hit);
            }
          });
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
    return hits.stream().findFirst();
  }

  @Override
  public void close() throws IOException {
    flush();
    if (written == 0) {
      channel.close();
      Files.deleteIfExists(file(current, LOG));
    } else {
      seal();
    }
  }
}
