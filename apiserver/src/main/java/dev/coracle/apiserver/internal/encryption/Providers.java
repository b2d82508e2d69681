package dev.coracle.apiserver.internal.encryption;

import io.smallrye.mutiny.Uni;
import java.util.List;
import java.util.Optional;

/** The providers of one resource: the first writes, whichever wrote a value reads it. */
record Providers(List<ValueTransformer> inOrder) implements ValueTransformer {

  /** Of resources that the configuration does not name. */
  static final Providers PLAIN = new Providers(List.of(new Identity()));

  Providers {
    inOrder = List.copyOf(inOrder);
  }

  @Override
  public boolean owns(byte[] stored) {
    return inOrder.stream().anyMatch(t -> t.owns(stored));
  }

  @Override
  public byte[] seal(String key, byte[] plain) {
    return inOrder.getFirst().seal(key, plain);
  }

  @Override
  public byte[] open(String key, byte[] stored) {
    return owner(stored)
        .orElseThrow(() ->
            new IllegalStateException(
                "cannot decrypt the value of "
                    + key
                    + ": no provider of the encryption configuration wrote it; put the provider or"
                    + " key back that did"))
        .open(key, stored);
  }

  private Optional<ValueTransformer> owner(byte[] stored) {
    for (ValueTransformer t : inOrder) {
      if (t.owns(stored)) {
        return Optional.of(t);
      }
    }
    return Optional.empty();
  }

  @Override
  public Optional<Uni<Void>> prepare(byte[] stored) {
    return owner(stored).flatMap(t -> t.prepare(stored));
  }

  @Override
  public boolean outdated(byte[] stored) {
    ValueTransformer first = inOrder.getFirst();
    return !first.owns(stored) || first.outdated(stored);
  }

  @Override
  public Uni<Void> start() {
    Uni<Void> all = Uni.createFrom().voidItem();
    for (ValueTransformer t : inOrder) {
      all = all.chain(t::start);
    }
    return all;
  }

  @Override
  public void stop() {
    inOrder.forEach(ValueTransformer::stop);
  }
}
