package dev.coracle.controllers.internal.pods;

import dev.coracle.api.NamespacedName;
import dev.coracle.client.SerialContext;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a controller has asked for and its informer has not shown yet. Until it is shown, the
 * controller counts nothing for that owner, else it would make or delete pods twice. An event that
 * never comes is given up after five minutes. Owned by one context.
 *
 * <p>Creations are expected by the names the API answered with, deletions by uid; what the informer
 * has shown before it was expected is remembered until then.
 */
public final class Expectations {

  private static final long GIVE_UP_NANOS = Duration.ofMinutes(5).toNanos();

  private static final class Expected {
    int requests;
    final Set<String> creations = new HashSet<>();
    final Set<String> deletions = new HashSet<>();
    final Set<String> early = new HashSet<>();
    long since;
  }

  private final SerialContext context;
  private final Map<NamespacedName, Expected> byOwner = new HashMap<>();

  public Expectations(SerialContext context) {
    this.context = context;
  }

  /** A create was sent; call {@link #created} or {@link #notCreated} with its answer. */
  public void creating(NamespacedName owner) {
    Expected expected = of(owner);
    expected.requests++;
    expected.since = context.nanoTime();
  }

  public void created(NamespacedName owner, String uid) {
    Expected expected = of(owner);
    expected.requests = Math.max(0, expected.requests - 1);
    if (!expected.early.remove(uid)) {
      expected.creations.add(uid);
    }
    expected.since = context.nanoTime();
  }

  public void notCreated(NamespacedName owner) {
    Expected expected = of(owner);
    expected.requests = Math.max(0, expected.requests - 1);
  }

  public void deleting(NamespacedName owner, String uid) {
    Expected expected = of(owner);
    expected.deletions.add(uid);
    expected.since = context.nanoTime();
  }

  /** The deletion failed, or the informer shows the pod as going or gone. */
  public void deleted(NamespacedName owner, String uid) {
    Expected expected = byOwner.get(owner);
    if (expected != null) {
      expected.deletions.remove(uid);
      expected.creations.remove(uid);
    }
  }

  /** The informer shows the pod. */
  public void seen(NamespacedName owner, String uid) {
    Expected expected = byOwner.get(owner);
    if (expected != null && !expected.creations.remove(uid) && expected.requests > 0) {
      expected.early.add(uid);
    }
  }

  public boolean satisfied(NamespacedName owner) {
    @Nullable Expected expected = byOwner.get(owner);
    if (expected == null) {
      return true;
    }
    boolean met =
        expected.requests == 0 && expected.creations.isEmpty() && expected.deletions.isEmpty();
    if (met || context.nanoTime() - expected.since > GIVE_UP_NANOS) {
      byOwner.remove(owner);
      return true;
    }
    return false;
  }

  public void forget(NamespacedName owner) {
    byOwner.remove(owner);
  }

  private Expected of(NamespacedName owner) {
    return byOwner.computeIfAbsent(owner, _ -> new Expected());
  }
}
