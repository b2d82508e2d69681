package dev.coracle.kubelet.internal.runtime;

import dev.coracle.api.Json;
import dev.coracle.api.StatusException;
import dev.coracle.kubelet.internal.host.PodPaths;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What pods have been promised, in {@code pods/UID/resources.json}, so that a kubelet started anew
 * knows it. Kept nowhere for pretended pods.
 */
final class PromisedResources {
  private static final Logger LOG = LoggerFactory.getLogger(PromisedResources.class);

  private final PodPaths paths;

  PromisedResources(PodPaths paths) {
    this.paths = paths;
  }

  /** Gives a pod that is seen for the first time what it was promised before, or what it asks. */
  void restore(PodContext context, Allocation wanted) {
    Path file = file(context.uid());
    try {
      if (paths.real() && Files.exists(file)) {
        context.resources().read(Json.parse(Files.readAllBytes(file)), wanted.whole());
        context.allocate(context.resources().allocation().orElse(wanted));
        return;
      }
    } catch (IOException | StatusException | IllegalArgumentException e) {
      LOG.atWarn()
          .addKeyValue("file", file)
          .addKeyValue("why", e.getMessage())
          .log("What was promised to a pod cannot be read, its spec counts");
    }
    context.allocate(wanted);
  }

  private Path file(String uid) {
    return paths.pod(uid).resolve("resources.json");
  }

  void save(String uid, PodResources resources) {
    if (!paths.real()) {
      return;
    }
    Path file = file(uid);
    Path fresh = file.resolveSibling("resources.json.new");
    try {
      Files.createDirectories(paths.pod(uid));
      Files.write(fresh, Json.bytes(resources.toJson()));
      Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
