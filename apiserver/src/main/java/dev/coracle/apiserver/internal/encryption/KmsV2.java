package dev.coracle.apiserver.internal.encryption;

import dev.coracle.apiserver.internal.encryption.KmsClient.Sealed;
import dev.coracle.apiserver.internal.grpc.SocketCalls;
import dev.coracle.apiserver.internal.grpc.WireFields;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import javax.crypto.KDF;
import javax.crypto.SecretKey;
import javax.crypto.spec.HKDFParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Envelope encryption with a key management service (KEP-3299): a seed of this process, encrypted
 * by the service, stands with every value; every value has a key of its own, derived from the seed
 * and 32 random bytes. The service is asked once for a seed, once for every foreign seed, and once
 * a minute whether its key has changed and how it is; then a new seed is made and older values
 * count as outdated.
 */
final class KmsV2 implements ValueTransformer {

  private static final Logger LOG = LoggerFactory.getLogger(KmsV2.class);
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final int SEED = 32;
  private static final int INFO = 32;
  private static final int MOST_SEEDS = 10_000;

  /** How often the service is asked how it is: rarely while it is well. */
  record Polling(Duration healthy, Duration failing) {
    static final Polling USUAL = new Polling(Duration.ofMinutes(1), Duration.ofSeconds(10));
  }

  private static final long HKDF_SEED = 1;

  private record Current(byte[] seed, Sealed sealed) {}

  private final Vertx vertx;
  private final Prefix prefix;
  private final KmsClient client;
  private final KmsMeters meters;
  private final Map<ByteBuffer, byte[]> seeds =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<ByteBuffer, byte[]> eldest) {
          return size() > MOST_SEEDS;
        }
      };
  private volatile @Nullable Current current;
  private final String name;
  private final Polling polling;
  private volatile @Nullable String problem;
  private volatile boolean stopped;
  private volatile long timer = -1;

  KmsV2(Vertx vertx, String name, KmsClient client, KmsMeters meters, Polling polling) {
    this.vertx = vertx;
    this.name = name;
    this.polling = polling;
    this.prefix = Prefix.of("k8s:enc:kms:v2:" + name + ":");
    this.client = client;
    this.meters = meters;
    meters.cache(this::known);
  }

  private int known() {
    synchronized (seeds) {
      return seeds.size();
    }
  }

  @Override
  public Uni<Void> start() {
    return Uni.createFrom()
        .deferred(() ->
            current != null
                ? Uni.createFrom().voidItem()
                : Uni.createFrom()
                    .completionStage(() -> refresh().toCompletionStage())
                    .invoke(() -> later(polling.healthy())));
  }

  private void later(Duration pause) {
    if (!stopped) {
      timer = vertx.setTimer(pause.toMillis(), _ -> poll());
    }
  }

  private void poll() {
    refresh()
        .onSuccess(_ -> {
          problem = null;
          later(polling.healthy());
        })
        .onFailure(e -> {
          if (problem == null) {
            LOG.atWarn().addKeyValue("cause", e.getMessage()).log("The KMS plugin is not healthy");
          }
          problem =
              "failed to perform status section of the healthz check for KMS Provider "
                  + name
                  + ", error: "
                  + e.getMessage();
          later(polling.failing());
        });
  }

  /** What the service said when it was last asked, where it is not well. */
  Optional<String> problem() {
    return Optional.ofNullable(problem);
  }

  private Future<Void> refresh() {
    return client
        .status()
        .compose(state -> {
          if (!state.version().equals("v2") && !state.version().equals("v2beta1")) {
            return Future.failedFuture(
                new IllegalStateException(
                    "the KMS plugin speaks version " + state.version() + ", not v2"));
          }
          if (!state.healthz().equals("ok")) {
            return Future.failedFuture(
                new IllegalStateException("the KMS plugin says: " + state.healthz()));
          }
          Current known = current;
          return known != null && known.sealed().keyId().equals(state.keyId())
              ? Future.<Void>succeededFuture()
              : newSeed();
        });
  }

  private Future<Void> newSeed() {
    byte[] seed = new byte[SEED];
    RANDOM.nextBytes(seed);
    return client
        .encrypt(seed, UUID.randomUUID().toString())
        .map(sealed -> {
          remember(sealed.ciphertext(), seed);
          current = new Current(seed, sealed);
          return null;
        });
  }

  private void remember(byte[] sealed, byte[] seed) {
    synchronized (seeds) {
      seeds.put(ByteBuffer.wrap(sealed), seed);
    }
  }

  private static byte[] checked(byte[] seed) {
    if (seed.length != SEED) {
      throw new IllegalStateException(
          "the KMS plugin decrypts a key of " + SEED + " bytes to " + seed.length);
    }
    return seed;
  }

  private byte @Nullable [] seed(byte[] sealed) {
    synchronized (seeds) {
      return seeds.get(ByteBuffer.wrap(sealed));
    }
  }

  @Override
  public void stop() {
    stopped = true;
    vertx.cancelTimer(timer);
    client.close();
  }

  @Override
  public String prefix() {
    return prefix.text();
  }

  @Override
  public boolean owns(byte[] stored) {
    return prefix.begins(stored);
  }

  @Override
  public boolean outdated(byte[] stored) {
    Current now = current;
    return now != null
        && !WireFields.read(prefix.strip(stored)).text(2).equals(now.sealed().keyId());
  }

  @Override
  public Optional<Uni<Void>> prepare(byte[] stored) {
    WireFields object = WireFields.read(prefix.strip(stored));
    byte[] sealed = object.bytes(3);
    if (seed(sealed) != null) {
      return Optional.empty();
    }
    return Optional.of(
        Uni.createFrom()
            .completionStage(() ->
                client
                    .decrypt(
                        new Sealed(sealed, object.text(2), object.map(4)),
                        UUID.randomUUID().toString())
                    .toCompletionStage())
            .invoke(seed -> remember(sealed, checked(seed)))
            .replaceWithVoid());
  }

  @Override
  public byte[] seal(String key, byte[] plain) {
    Current now = current;
    if (now == null) {
      throw new IllegalStateException("the KMS plugin has not answered yet");
    }
    byte[] info = new byte[INFO];
    RANDOM.nextBytes(info);
    try {
      byte[] box = new AesGcm(derive(now.seed(), info)).seal(plain, EncryptedStorage.bytes(key));
      byte[] data = Arrays.copyOf(info, INFO + box.length);
      System.arraycopy(box, 0, data, INFO, box.length);
      meters.sealed(now.sealed().keyId());
      return prefix.before(
          SocketCalls.encode(out -> {
            out.writeByteArray(1, data);
            out.writeString(2, now.sealed().keyId());
            out.writeByteArray(3, now.sealed().ciphertext());
            for (var e : now.sealed().annotations().entrySet()) {
              out.writeByteArray(4, WireFields.entry(e.getKey(), e.getValue()));
            }
            out.writeInt64(5, HKDF_SEED);
          }));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("cannot encrypt the value of " + key, e);
    }
  }

  @Override
  public byte[] open(String key, byte[] stored) {
    WireFields object = WireFields.read(prefix.strip(stored));
    byte[] seed = seed(object.bytes(3));
    if (seed == null) {
      throw new IllegalStateException("the KMS plugin has not decrypted the key of " + key);
    }
    meters.opened(object.text(2));
    byte[] data = object.bytes(1);
    byte[] authenticated = EncryptedStorage.bytes(key);
    try {
      if (object.number(5) != HKDF_SEED) {
        return new AesGcm(seed).open(data, authenticated);
      }
      if (data.length < INFO) {
        throw new IllegalStateException("the value of " + key + " is damaged");
      }
      byte[] derived = derive(seed, Arrays.copyOf(data, INFO));
      return new AesGcm(derived).open(Arrays.copyOfRange(data, INFO, data.length), authenticated);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("cannot decrypt the value of " + key, e);
    }
  }

  private static byte[] derive(byte[] seed, byte[] info) throws GeneralSecurityException {
    SecretKey key = new SecretKeySpec(seed, "HKDF-PRK");
    return KDF.getInstance("HKDF-SHA256").deriveData(HKDFParameterSpec.expandOnly(key, info, SEED));
  }
}
