package dev.coracle.apiserver.internal.audit;

import dev.coracle.apiserver.config.AuditOptions;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A log file for its owner alone. Before it grows too large it is renamed to {@code
 * NAME-TIME.EXTENSION}, and old ones beyond the number or age allowed are deleted. Used by one
 * thread.
 */
final class RotatingFile implements AuditLog.Sink {

  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH-mm-ss.SSS").withZone(ZoneOffset.UTC);

  private final Path file;
  private final AuditOptions.Log options;
  private final Clock clock;
  private final long most;
  private @Nullable OutputStream out;
  private long size;

  private RotatingFile(Path file, AuditOptions.Log options, Clock clock, long most) {
    this.file = file;
    this.options = options;
    this.clock = clock;
    this.most = most;
  }

  /**
   * @throws IllegalStateException with words for the user, when it cannot be written
   */
  static AuditLog.Sink open(AuditOptions.Log options, Clock clock) {
    if (options.path().equals("-")) {
      return new Standard();
    }
    long megabytes = options.maxSizeMegabytes() == 0 ? 100 : options.maxSizeMegabytes();
    return open(options, clock, megabytes << 20);
  }

  static RotatingFile open(AuditOptions.Log options, Clock clock, long mostBytes) {
    RotatingFile made =
        new RotatingFile(Path.of(options.path()).toAbsolutePath(), options, clock, mostBytes);
    try {
      made.stream();
    } catch (IOException e) {
      throw new IllegalStateException("cannot write the audit log " + options.path(), e);
    }
    return made;
  }

  private OutputStream stream() throws IOException {
    OutputStream open = out;
    if (open != null) {
      return open;
    }
    Files.createDirectories(file.getParent());
    if (!Files.exists(file)
        && FileSystems.getDefault().supportedFileAttributeViews().contains("posix")) {
      Files.createFile(
          file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    }
    size = Files.exists(file) ? Files.size(file) : 0;
    open =
        new BufferedOutputStream(
            Files.newOutputStream(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND),
            1 << 16);
    out = open;
    return open;
  }

  @Override
  public void write(byte[] line) throws IOException {
    if (size > 0 && size + line.length + 1 > most) {
      rotate();
    }
    OutputStream to = stream();
    to.write(line);
    to.write('\n');
    size += line.length + 1;
  }

  private void rotate() throws IOException {
    close();
    Files.move(file, file.resolveSibling(stem() + "-" + TIME.format(clock.instant()) + ending()));
    List<Path> old = backups();
    Instant oldest =
        options.maxAgeDays() == 0
            ? Instant.MIN
            : clock.instant().minus(Duration.ofDays(options.maxAgeDays()));
    for (int i = 0; i < old.size(); i++) {
      boolean many = options.maxBackups() > 0 && i >= options.maxBackups();
      if (many || Files.getLastModifiedTime(old.get(i)).toInstant().isBefore(oldest)) {
        Files.deleteIfExists(old.get(i));
      }
    }
  }

  /** The newest first. */
  private List<Path> backups() throws IOException {
    List<Path> found = new ArrayList<>();
    try (Stream<Path> files = Files.list(file.getParent())) {
      files
          .filter(p -> {
            String name = p.getFileName().toString();
            return name.startsWith(stem() + "-") && name.endsWith(ending()) && !p.equals(file);
          })
          .forEach(found::add);
    }
    found.sort(Comparator.comparing((Path p) -> p.getFileName().toString()).reversed());
    return found;
  }

  private String stem() {
    String name = file.getFileName().toString();
    int dot = name.lastIndexOf('.');
    return dot <= 0 ? name : name.substring(0, dot);
  }

  private String ending() {
    String name = file.getFileName().toString();
    int dot = name.lastIndexOf('.');
    return dot <= 0 ? "" : name.substring(dot);
  }

  @Override
  public void flush() throws IOException {
    OutputStream open = out;
    if (open != null) {
      open.flush();
    }
  }

  @Override
  public void close() throws IOException {
    OutputStream open = out;
    out = null;
    if (open != null) {
      open.close();
    }
  }

  /** Standard output, which stays open. */
  private static final class Standard implements AuditLog.Sink {
    private final OutputStream to = System.out;

    @Override
    public void write(byte[] line) throws IOException {
      to.write(line);
      to.write('\n');
    }

    @Override
    public void flush() throws IOException {
      to.flush();
    }

    @Override
    public void close() throws IOException {
      flush();
    }
  }
}
