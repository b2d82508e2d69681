package dev.coracle.kubelet.internal.host;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether this kernel can keep files in memory out of swap (tmpfs's option {@code noswap}, Linux
 * 6.4): tried once, by a mount. Blocks; state is guarded by this.
 */
public final class TmpfsNoswap {
  public static final String OPTION = "noswap";
  private static final Logger LOG = LoggerFactory.getLogger(TmpfsNoswap.class);

  private @Nullable Boolean known;

  public synchronized boolean isSupported() {
    Boolean found = known;
    if (found == null) {
      found = tried();
      known = found;
    }
    return found;
  }

  private static boolean tried() {
    try {
      Path at = Files.createTempDirectory("tmpfs-noswap-test-");
      try {
        Native.mount("tmpfs", at, "tmpfs", OPTION);
        Native.unmount(at);
        return true;
      } finally {
        Files.deleteIfExists(at);
      }
    } catch (IOException e) {
      LOG.atInfo().addKeyValue("why", e.getMessage()).log("tmpfs has no option noswap here");
      return false;
    }
  }
}
