package dev.coracle.proxy.internal;

import dev.coracle.api.KubeObject;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Whether the proxy keeps up, and whether its node is to get traffic, as load balancers ask
 * (KEP-3458, KEP-3836). It does not keep up where a change has waited for a minute. Until its first
 * change is in effect it is held to be well. Told by the proxy's context, asked by any thread.
 */
public final class ProxyHealth {

  /** Twice as long as upstream's proxier waits at most between two changes. */
  private static final Duration LATE = Duration.ofSeconds(60);

  private static final String LEAVING = "ToBeDeletedByClusterAutoscaler";

  private final Clock clock;
  private volatile @Nullable Instant pendingSince;
  private volatile @Nullable Instant updated;
  private volatile boolean eligible = true;

  /**
   * What there is to tell.
   *
   * @param updated now where the proxy keeps up, else when it last did; null before that
   */
  record Report(boolean keepsUp, boolean eligible, @Nullable Instant updated, Instant now) {}

  public ProxyHealth(Clock clock) {
    this.clock = clock;
  }

  /** A change waits to be made. */
  void queued() {
    if (pendingSince == null) {
      pendingSince = clock.instant();
    }
  }

  /**
   * A change is in effect.
   *
   * @param more whether others have come meanwhile
   */
  void updated(boolean more) {
    Instant now = clock.instant();
    updated = now;
    pendingSince = more ? now : null;
  }

  /** Its node, which gets nothing more once it is deleted or about to be taken away. */
  void node(KubeObject node) {
    boolean leaves = node.isDeleting();
    for (var taint : node.at("spec", "taints")) {
      leaves |= taint.path("key").asText("").equals(LEAVING);
    }
    eligible = !leaves;
  }

  boolean keepsUp() {
    return report().keepsUp();
  }

  Report report() {
    Instant now = clock.instant();
    Instant since = pendingSince;
    Instant last = updated;
    boolean late =
        last != null && since != null && Duration.between(since, now).compareTo(LATE) >= 0;
    return new Report(!late, eligible, late ? last : now, now);
  }
}
