package dev.coracle.kubelet.internal.manifest;

import java.io.IOException;

/** Follows where manifests stand, and tells a {@link StaticPodSet} of all that are there. */
interface ManifestSource extends AutoCloseable {

  /** What the pods' {@code kubernetes.io/config.source} says; the first wins a name. */
  enum Kind {
    FILE("file"),
    HTTP("http");

    private final String word;

    Kind(String word) {
      this.word = word;
    }

    String word() {
      return word;
    }
  }

  void start() throws IOException;

  /** Whether all that is there was told once. */
  boolean hasSynced();

  @Override
  void close();
}
