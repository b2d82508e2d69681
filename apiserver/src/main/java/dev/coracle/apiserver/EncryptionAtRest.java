package dev.coracle.apiserver;

import dev.coracle.apiserver.internal.encryption.EncryptedStorage;
import dev.coracle.apiserver.internal.encryption.EncryptionConfig;
import dev.coracle.watchhub.Storage;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Encrypts what an EncryptionConfiguration names before it reaches a storage. */
public final class EncryptionAtRest {

  private EncryptionAtRest() {}

  /**
   * The same storage where there is no configuration.
   *
   * @param prefix what the keys of all objects begin with: {@code /registry}
   * @throws IllegalStateException with words for the user, when the configuration cannot be used
   */
  public static Storage around(
      Storage storage,
      String prefix,
      @Nullable Path configuration,
      Vertx vertx,
      MeterRegistry registry) {
    return configuration == null
        ? storage
        : new EncryptedStorage(
            storage, EncryptionConfig.read(vertx, prefix, configuration, registry));
  }

  /** Whether the key management services are well that a storage of {@link #around} asks. */
  public static List<HealthCheck> healthChecks(Storage storage) {
    return storage instanceof EncryptedStorage encrypted ? encrypted.checks() : List.of();
  }
}
