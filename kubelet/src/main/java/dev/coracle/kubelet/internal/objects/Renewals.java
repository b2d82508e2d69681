package dev.coracle.kubelet.internal.objects;

import java.time.Instant;
import java.util.Optional;

/** What volumes' files are made of that comes to an end, and has to be asked for again before. */
public interface Renewals {
  /** When something of this pod is due, at the earliest. */
  Optional<Instant> nextRefresh(String podUid);

  /** The pod needs nothing any more. */
  void forget(String podUid);
}
