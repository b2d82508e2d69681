package dev.coracle.kubelet.server;

import dev.coracle.api.file.FileWatch;
import io.vertx.core.Future;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows the file of those who sign clients' certificates (upstream's ReloadKubeletClientCAFile).
 * A file that cannot be used is told in the log, and the former one stays. Safe on any thread.
 */
final class FollowedAuthority implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(FollowedAuthority.class);

  private final Path file;
  private final Supplier<Future<Boolean>> reload;
  private final FileWatch watch;
  private byte[] seen;

  /**
   * @param reload takes up what the file has now
   */
  FollowedAuthority(Path file, Supplier<Future<Boolean>> reload) throws IOException {
    this.file = file;
    this.reload = reload;
    // Whoever looks meanwhile waits until there is something to compare with.
    synchronized (this) {
      watch = FileWatch.file(file, this::look);
      seen = Files.readAllBytes(file);
    }
  }

  private synchronized void look() {
    try {
      byte[] now = Files.readAllBytes(file);
      if (!Arrays.equals(now, seen)) {
        seen = now;
        reload
            .get()
            .onSuccess(
                _ -> LOG.atInfo().addKeyValue("file", file).log("The client CA file is reloaded"))
            .onFailure(this::told);
      }
    } catch (IOException | RuntimeException e) {
      told(e);
    }
  }

  private void told(Throwable why) {
    LOG.atError()
        .addKeyValue("file", file)
        .addKeyValue("why", why.getMessage())
        .log("The new client CA file cannot be used; the former one stays");
  }

  @Override
  public void close() {
    watch.close();
  }
}
