package dev.coracle.criruntime.internal.image;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.DigestInputStream;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.zip.GZIPInputStream;

/**
 * Unpacked layers by the digest of their tar stream (diff id), each unpacked once and shared by all
 * images and containers. A layer appears under its name only when it is complete.
 */
public final class LayerStore {
  private final Path directory;
  private final LayerUnpacker.Form form;
  private final long maxBytes;
  private final Map<String, ReentrantLock> locks = new ConcurrentHashMap<>();

  public LayerStore(Path directory, LayerUnpacker.Form form, long maxBytes) throws IOException {
    this.directory =
        Files.createDirectories(directory.resolve(form.name().toLowerCase(java.util.Locale.ROOT)));
    this.form = form;
    this.maxBytes = maxBytes;
  }

  public Path directory() {
    return directory;
  }

  /** A short directory name, since overlayfs takes all lower directories in one page of text. */
  public static String name(String diffId) {
    return Digest.hex(diffId).substring(0, 24);
  }

  public Path path(String diffId) {
    return directory.resolve(name(diffId));
  }

  public boolean has(String diffId) {
    return Files.exists(sizeFile(diffId));
  }

  public boolean hasAll(List<String> diffIds) {
    return diffIds.stream().allMatch(this::has);
  }

  /**
   * What a layer takes.
   *
   * @param files of all types; none is known of a layer that an earlier version unpacked
   */
  public record Size(long bytes, OptionalLong files) {}

  public Size size(String diffId) throws IOException {
    String text = Files.readString(sizeFile(diffId), StandardCharsets.ISO_8859_1).strip();
    if (!text.matches("[0-9]{1,18}( [0-9]{1,9})?")) {
      throw new IOException("the size of layer " + diffId + " is damaged");
    }
    String[] numbers = text.split(" ");
    return new Size(
        Long.parseLong(numbers[0]),
        numbers.length == 1 ? OptionalLong.empty() : OptionalLong.of(Long.parseLong(numbers[1])));
  }

  private Path sizeFile(String diffId) {
    return directory.resolve(name(diffId) + ".size");
  }

  /** Opens a layer's content, compressed or not. */
  @FunctionalInterface
  public interface Source {
    InputStream open() throws IOException;
  }

  /**
   * Unpacks the layer unless it is there.
   *
   * @throws IOException the content is not the layer, tries to leave its directory, or becomes more
   *     than it may
   */
  public void add(String diffId, Source source) throws IOException {
    Digest.check(diffId);
    ReentrantLock lock = locks.computeIfAbsent(diffId, k -> new ReentrantLock());
    lock.lock();
    try {
      if (has(diffId)) {
        return;
      }
      FileTrees.delete(path(diffId));
      Path staging = directory.resolve("staging-" + UUID.randomUUID());
      UnpackLimit limit = UnpackLimit.of(directory, maxBytes);
      try (InputStream raw = source.open();
          DigestInputStream tar =
              new DigestInputStream(limit.bound(decompressed(raw)), Digest.sha256())) {
        Files.createDirectory(staging);
        LayerUnpacker unpacker = new LayerUnpacker(staging, form, limit);
        long bytes = unpacker.unpack(tar);
        String actual = Digest.format(tar.getMessageDigest().digest());
        if (!actual.equals(diffId)) {
          throw new IOException("layer digest mismatch: expected " + diffId + ", got " + actual);
        }
        Files.move(staging, path(diffId), StandardCopyOption.ATOMIC_MOVE);
        FileTrees.replace(
            sizeFile(diffId), (bytes + " " + unpacker.files()).getBytes(StandardCharsets.US_ASCII));
      } catch (IOException e) {
        throw new IOException("layer " + diffId + ": " + e.getMessage(), e);
      } finally {
        FileTrees.delete(staging);
      }
    } finally {
      lock.unlock();
    }
  }

  /** A plain, gzip or zstd stream as plain. */
  static InputStream decompressed(InputStream raw) throws IOException {
    BufferedInputStream in = new BufferedInputStream(raw, 1 << 16);
    in.mark(8);
    byte[] magic = in.readNBytes(4);
    in.reset();
    if (magic.length >= 2 && (magic[0] & 0xff) == 0x1f && (magic[1] & 0xff) == 0x8b) {
      return new GZIPInputStream(in, 1 << 16);
    }
    return ZstdFrames.begins(magic) ? new ZstdStream(in) : in;
  }

  /** Removes every layer that is not in the set. */
  void retain(Set<String> diffIds) throws IOException {
    Set<String> names =
        diffIds.stream().map(LayerStore::name).collect(java.util.stream.Collectors.toSet());
    try (var children = Files.newDirectoryStream(directory, "*.size")) {
      for (Path sizeFile : children) {
        String file = sizeFile.getFileName().toString();
        String name = file.substring(0, file.length() - ".size".length());
        if (!names.contains(name)) {
          Files.deleteIfExists(sizeFile);
          FileTrees.delete(directory.resolve(name));
        }
      }
    }
  }
}
