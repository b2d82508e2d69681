package dev.coracle.apiserver.internal.encryption;

import dev.coracle.apiserver.internal.grpc.SocketCalls;
import io.smallrye.mutiny.Uni;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The providers of one resource: the first writes, whichever wrote a value reads it.
 *
 * @param meters null of resources that the configuration does not name, which nobody counts
 */
record Providers(List<ValueTransformer> inOrder, @Nullable TransformationMeters meters) {

  /** Of resources that the configuration does not name. */
  static final Providers PLAIN = new Providers(List.of(new Identity()), null);

  Providers {
    inOrder = List.copyOf(inOrder);
  }

  boolean owns(byte[] stored) {
    return inOrder.stream().anyMatch(t -> t.owns(stored));
  }

  byte[] seal(String key, byte[] plain) {
    ValueTransformer first = inOrder.getFirst();
    if (meters == null) {
      return first.seal(key, plain);
    }
    long began = System.nanoTime();
    try {
      byte[] sealed = first.seal(key, plain);
      meters.sealed(first.prefix(), System.nanoTime() - began);
      return sealed;
    } catch (IllegalStateException e) {
      meters.notSealed(first.prefix());
      throw e;
    }
  }

  byte[] open(String key, byte[] stored) {
    ValueTransformer owner = owner(stored).orElse(null);
    if (owner == null) {
      if (meters != null) {
        meters.notKnown();
      }
      throw new IllegalStateException(
          "cannot decrypt the value of "
              + key
              + ": no provider of the encryption configuration wrote it; put the provider or"
              + " key back that did");
    }
    if (meters == null) {
      return owner.open(key, stored);
    }
    long began = System.nanoTime();
    try {
      byte[] plain = owner.open(key, stored);
      meters.opened(owner.prefix(), System.nanoTime() - began);
      return plain;
    } catch (IllegalStateException e) {
      meters.notOpened(owner.prefix(), "unknown-non-grpc");
      throw e;
    }
  }

  private Optional<ValueTransformer> owner(byte[] stored) {
    for (ValueTransformer t : inOrder) {
      if (t.owns(stored)) {
        return Optional.of(t);
      }
    }
    return Optional.empty();
  }

  Optional<Uni<Void>> prepare(byte[] stored) {
    return owner(stored)
        .flatMap(t ->
            t.prepare(stored)
                .map(work ->
                    meters == null
                        ? work
                        : work.onFailure()
                            .invoke(e -> meters.notOpened(t.prefix(), SocketCalls.code(e)))));
  }

  boolean outdated(byte[] stored) {
    ValueTransformer first = inOrder.getFirst();
    return !first.owns(stored) || first.outdated(stored);
  }
}
