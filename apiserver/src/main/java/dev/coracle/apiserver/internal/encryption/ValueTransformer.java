package dev.coracle.apiserver.internal.encryption;

import io.smallrye.mutiny.Uni;
import java.util.Optional;

/** Turns values into what is stored and back. Safe on any thread; nothing blocks. */
interface ValueTransformer {

  /** What its values begin with, without the name of a key; empty where nothing tells them. */
  String prefix();

  /** Whether this one can open such a value: by the prefix that stands before it. */
  boolean owns(byte[] stored);

  /**
   * @param key where the value lies: bound to it, so that values cannot be exchanged
   */
  byte[] seal(String key, byte[] plain);

  /**
   * @throws IllegalStateException with words for the user, when it cannot be opened
   */
  byte[] open(String key, byte[] stored);

  /** What has to happen before {@link #open}; empty when it can be opened now. */
  default Optional<Uni<Void>> prepare(byte[] stored) {
    return Optional.empty();
  }

  /** Whether a value that it owns should be written anew though it has not changed. */
  default boolean outdated(byte[] stored) {
    return false;
  }

  /** As {@code prepare}, for sealing: run once, before the first value. */
  default Uni<Void> start() {
    return Uni.createFrom().voidItem();
  }

  default void stop() {}
}
