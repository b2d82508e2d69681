package dev.coracle.kubelet.internal.manifest;

import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.api.file.FileWatch;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A directory of manifests (Kubernetes docs, "Create static Pods"), one pod a file; names beginning
 * with a dot are skipped. Or one file alone. Followed by the kernel's file events, so an idle
 * directory costs nothing. A manifest that is no pod is told in the log, and what it was before
 * stays.
 */
final class ManifestDirectory implements ManifestSource {
  private static final Logger LOG = LoggerFactory.getLogger(ManifestDirectory.class);

  private final Path path;
  private final ManifestReader reader;
  private final StaticPodSet pods;
  private volatile boolean synced;
  private @Nullable FileWatch watch;
  private boolean single;

  ManifestDirectory(Path path, ManifestReader reader, StaticPodSet pods) {
    this.path = path;
    this.reader = reader;
    this.pods = pods;
  }

  @Override
  public void start() throws IOException {
    single = Files.isRegularFile(path);
    Path directory = single ? Objects.requireNonNull(path.toAbsolutePath().getParent()) : path;
    if (!single) {
      Files.createDirectories(directory);
    }
    watch = FileWatch.directory(directory, this::look);
    look();
  }

  @Override
  public boolean hasSynced() {
    return synced;
  }

  private synchronized void look() {
    Map<String, KubeObject> now = new HashMap<>();
    try {
      for (Path file : files()) {
        KubeObject pod = read(file);
        if (pod != null) {
          now.put(file.toString(), pod);
        }
      }
    } catch (IOException e) {
      LOG.atWarn().addKeyValue("why", e.getMessage()).log("The manifests cannot be listed");
      return;
    }
    pods.found(Kind.FILE, now);
    synced = true;
  }

  private List<Path> files() throws IOException {
    if (single) {
      return Stream.of(path).filter(Files::isRegularFile).toList();
    }
    try (var files = Files.list(path)) {
      return files
          .filter(f -> !f.getFileName().toString().startsWith("."))
          .filter(Files::isRegularFile)
          .toList();
    }
  }

  private @Nullable KubeObject read(Path file) {
    KubeObject before = pods.at(file.toString());
    try {
      byte[] bytes;
      try (InputStream in = Files.newInputStream(file)) {
        bytes = in.readNBytes(ManifestReader.MOST_BYTES + 1);
      }
      return bytes.length == 0 ? before : reader.pod(bytes, Kind.FILE, file.toString());
    } catch (NoSuchFileException e) {
      return null; // It went meanwhile, which is another event.
    } catch (IOException | StatusException | IllegalArgumentException e) {
      LOG.atWarn()
          .addKeyValue("file", file)
          .addKeyValue("why", e.getMessage())
          .log("A manifest is no Pod that can run here");
      return before;
    }
  }

  @Override
  public void close() {
    FileWatch followed = watch;
    if (followed != null) {
      followed.close();
    }
  }
}
