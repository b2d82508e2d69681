package dev.coracle.apiserver.internal.registry;

import dev.coracle.apiserver.internal.admission.AdmissionChain;
import dev.coracle.watchhub.ResourceStore;
import io.smallrye.mutiny.Uni;
import java.time.Clock;

/** What every verb needs. */
public record Backstage(ResourceStore store, AdmissionChain admission, Clock clock) {

  /** Nothing to wait for; compared by identity on the hot path. */
  public static final Uni<Void> DONE = Uni.createFrom().voidItem();

  /** The same without admission, for what follows from a request that was admitted. */
  public Backstage unasked() {
    return new Backstage(store, AdmissionChain.NONE, clock);
  }
}
