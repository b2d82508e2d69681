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

  /** Bytes of the layer's files. */
  public long size(String diffId) throws IOException {
    String text = Files.readString(sizeFile(diffId), StandardCharsets.ISO_8859_1).strip();
    if (!text.matches("[0-9]{1,18}")) {
      throw new IOException("the size of layer " + diffId + " is damaged");
    }
    return Long.parseLong(text);
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
        long bytes = new LayerUnpacker(staging, form, limit).unpack(tar);
        String actual = Digest.format(tar.getMessageDigest().digest());
        if (!actual.equals(diffId)) {
          throw new IOException("layer digest mismatch: expected " + diffId + ", got " + actual);
        }
        Files.move(staging, path(diffId), StandardCopyOption.ATOMIC_MOVE);
        FileTrees.replace(
            sizeFile(diffId), Long.toString(bytes).getBytes(StandardCharsets.US_ASCII));
      } catch (IOException e) {
        throw new IOException("layer " + diffId + ": " + e.getMessage(), e);
      } finally {
        FileTrees.delete(staging);
      }
    } finally {
      lock.unlock();
    }
  }

  /** A plain or gzip stream as plain; anything else is refused with its name. */
  static InputStream decompressed(InputStream raw) throws IOException {
    BufferedInputStream in = new BufferedInputStream(raw, 1 << 16);
    in.mark(8);
    byte[] magic = in.readNBytes(6);
    in.reset();
    if (magic.length >= 2 && (magic[0] & 0xff) == 0x1f && (magic[1] & 0xff) == 0x8b) {
      return new GZIPInputStream(in, 1 << 16);
    }
    if (magic.length >= 4
        && (magic[0] & 0xff) == 0x28
        && (magic[1] & 0xff) == 0xb5
        && (magic[2] & 0xff) == 0x2f
        && (magic[3] & 0xff) == 0xfd) {
      throw new IOException("zstd-compressed layers are not supported; push the image with gzip");
    }
    return in;
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
