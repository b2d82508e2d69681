package dev.coracle.apiserver;

import dev.coracle.apiserver.config.EncryptionOptions;
import dev.coracle.apiserver.internal.encryption.EncryptedStorage;
import dev.coracle.apiserver.internal.encryption.EncryptionConfig;
import dev.coracle.apiserver.internal.encryption.EncryptionSource;
import dev.coracle.watchhub.Storage;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Vertx;
import java.time.Clock;
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
      @Nullable EncryptionOptions options,
      Vertx vertx,
      MeterRegistry registry) {
    if (options == null) {
      return storage;
    }
    return new EncryptedStorage(
        storage,
        options.reload()
            ? EncryptionSource.following(
                vertx, prefix, options.config(), registry, Clock.systemUTC())
            : EncryptionSource.fixed(
                EncryptionConfig.read(vertx, prefix, options.config(), registry)));
  }

  /** Whether the key management services are well that a storage of {@link #around} asks. */
  public static List<HealthCheck> healthChecks(Storage storage) {
    return storage instanceof EncryptedStorage encrypted ? encrypted.checks() : List.of();
  }
}
