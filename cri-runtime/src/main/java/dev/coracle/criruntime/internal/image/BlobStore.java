package dev.coracle.criruntime.internal.image;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Small content (manifests, image configs) by digest, checked on the way in and out. */
final class BlobStore {
  private final Path directory;

  BlobStore(Path directory) throws IOException {
    this.directory = Files.createDirectories(directory);
  }

  Path path(String digest) {
    return directory.resolve(Digest.hex(digest));
  }

  String write(byte[] content) throws IOException {
    String digest = Digest.of(content);
    if (!Files.exists(path(digest))) {
      FileTrees.replace(path(digest), content);
    }
    return digest;
  }

  byte[] read(String digest) throws IOException {
    byte[] content = Files.readAllBytes(path(digest));
    if (!Digest.of(content).equals(digest)) {
      throw new IOException("content of " + digest + " is damaged");
    }
    return content;
  }

  void delete(String digest) throws IOException {
    Files.deleteIfExists(path(digest));
  }
}
