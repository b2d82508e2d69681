package dev.coracle.kubelet.internal.status;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.rest.Patch;
import dev.coracle.api.rest.PatchType;
import dev.coracle.client.Client;
import dev.coracle.kubelet.internal.host.Timers;
import dev.coracle.kubelet.internal.metrics.PodMetrics;
import dev.coracle.kubelet.internal.pod.Pod;
import java.time.Duration;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes pods' statuses to the API: at once when one changes (only that a pod begins to start, or
 * that all it runs has ended, waits a moment for what comes of it), one patch of a pod at a time,
 * always the newest, until it is there. What the API has of others (conditions of schedulers and
 * readiness gates) is left alone: the patch is strategic and names only what changed.
 *
 * <p>Safe for any thread; patches run on virtual threads.
 */
public final class StatusManager {
  private static final Logger LOG = LoggerFactory.getLogger(StatusManager.class);

  /** Conditions of the kubelet that go when they are over. */
  private static final Set<String> PASSING = Set.of("PodResizePending", "PodResizeInProgress");

  private static final Duration LIMIT = Duration.ofSeconds(30);

  /** A number that was read may be kept otherwise than the one that was written. */
  private static final Comparator<JsonNode> BY_VALUE =
      (a, b) ->
          a.equals(b)
                  || (a.isIntegralNumber()
                      && b.isIntegralNumber()
                      && a.longValue() == b.longValue())
              ? 0
              : 1;

  private static final Set<String> BEGINNING = Set.of("ContainerCreating", "PodInitializing");

  /** Most pods run within this time, and then one write says it all (ADR 0161). */
  public static final Duration STARTING = Duration.ofMillis(100);

  /**
   * As long as upstream's kubelet leaves what somebody else has written, such as a test's Failed.
   */
  public static final Duration CORRECTING = Duration.ofSeconds(10);

  /** A pod's newest status, guarded by itself. */
  private static final class Entry {
    private Pod pod;
    private @Nullable ObjectNode wanted;
    private JsonNode written;
    private boolean sending;

    /** Whether more than what is wanted is soon to come. */
    private boolean soon;

    /** When that began to differ which is not written yet. */
    private long changedNanos;

    private Timers.@Nullable Handle held;
    private Timers.@Nullable Handle correction;
    private long writtenVersion;

    /** A version that to put right changed nothing: it is as wanted in the API's own words. */
    private long rightVersion;

    private int failures;
    private CompletableFuture<Void> settled = CompletableFuture.completedFuture(null);

    Entry(Pod pod) {
      this.pod = pod;
      this.written = pod.status();
    }
  }

  private final Client client;
  private final Timers timers;
  private final Duration starting;
  private final Duration correcting;
  private final PodMetrics metrics;
  private final ConcurrentHashMap<String, Entry> entries = new ConcurrentHashMap<>();

  /**
   * @param starting how long it is not told that a pod begins to start
   * @param correcting how long a status stands that somebody else has written
   */
  public StatusManager(
      Client client, Timers timers, Duration starting, Duration correcting, PodMetrics metrics) {
    this.metrics = metrics;
    this.client = client;
    this.timers = timers;
    this.starting = starting;
    this.correcting = correcting;
  }

  /** The newest status computed for this pod. */
  public Optional<JsonNode> last(String uid) {
    Entry entry = entries.get(uid);
    if (entry == null) {
      return Optional.empty();
    }
    synchronized (entry) {
      return Optional.ofNullable(entry.wanted);
    }
  }

  /**
   * @param target the pod in the API: the pod itself, or a static pod's mirror
   * @param soon whether it waits a moment for the one that most likely comes next
   */
  public void set(String uid, Pod target, ObjectNode status, boolean soon) {
    Entry entry = entries.computeIfAbsent(uid, _ -> new Entry(target));
    synchronized (entry) {
      if (!entry.pod.uid().equals(target.uid()) || drifted(entry, target, status)) {
        entry.written = target.status();
        entry.wanted = null;
      }
      entry.pod = target;
      if (status.equals(entry.wanted) && entry.settled.isDone() && entry.failures == 0) {
        return;
      }
      entry.wanted = status;
      entry.soon = soon;
      if (entry.settled.isDone()) {
        entry.settled = new CompletableFuture<>();
        entry.changedNanos = System.nanoTime();
      }
      if (entry.sending) {
        return;
      }
      if (soon || isStarting(entry, status)) {
        if (entry.held == null) {
          entry.held = timers.after(starting, () -> sendNow(uid, entry));
        }
        return;
      }
      if (entry.held != null) {
        entry.held.cancel();
        entry.held = null;
      }
      entry.sending = true;
      timers.execute(() -> send(uid, entry));
    }
  }

  private void sendNow(String uid, Entry entry) {
    synchronized (entry) {
      entry.held = null;
      if (entry.sending) {
        return;
      }
      entry.sending = true;
    }
    send(uid, entry);
  }

  /** Nothing was written yet, and there is nothing to tell but that the work has begun. */
  private static boolean isStarting(Entry entry, ObjectNode status) {
    if (entry.writtenVersion > 0
        || !entry.pod.status().path("containerStatuses").isMissingNode()
        || !status.path("phase").asText("").equals("Pending")) {
      return false;
    }
    for (String field : List.of("initContainerStatuses", "containerStatuses")) {
      for (JsonNode container : status.path(field)) {
        String reason = container.path("state").path("waiting").path("reason").asText("");
        if (!BEGINNING.contains(reason)) {
          return false;
        }
      }
    }
    return true;
  }

  /** The API shows something else than what was written: somebody wrote over it. */
  private static boolean drifted(Entry entry, Pod target, ObjectNode status) {
    return entry.settled.isDone() && overwritten(entry, target, status);
  }

  /**
   * Also what was written itself may show it: a patch names only what changed, so it does not touch
   * what somebody else wrote just before.
   */
  private static boolean overwritten(Entry entry, Pod seen, ObjectNode status) {
    long version = version(seen.object());
    return entry.writtenVersion > 0
        && version >= entry.writtenVersion
        && version > entry.rightVersion
        && entry.written.equals(status)
        && !difference(seen.status(), status, true).isEmpty();
  }

  private static long version(KubeObject object) {
    try {
      return Long.parseLong(object.resourceVersion());
    } catch (NumberFormatException e) {
      return 0;
    }
  }

  /**
   * A newer version of a pod whose spec is as before: its status is put right where somebody wrote
   * over it, when others have had the time to see that.
   */
  public void reconcile(Pod pod) {
    Entry entry = entries.get(pod.uid());
    if (entry == null) {
      return;
    }
    synchronized (entry) {
      ObjectNode wanted = entry.wanted;
      if (wanted == null) {
        return;
      }
      if (drifted(entry, pod, wanted)) {
        entry.pod = pod;
        if (entry.correction == null) {
          entry.correction = timers.after(correcting, () -> correct(pod.uid(), entry));
        }
        return;
      }
      if (entry.written.equals(wanted) && entry.settled.isDone()) {
        // What both have is kept once.
        wanted = Json.sharing(wanted, pod.status());
        entry.wanted = wanted;
        entry.written = wanted;
      }
      // With the lock held: a newer status may be set meanwhile, which this must not take back.
      set(pod.uid(), pod, wanted, entry.soon);
    }
  }

  private void correct(String uid, Entry entry) {
    synchronized (entry) {
      entry.correction = null;
      ObjectNode wanted = entry.wanted;
      if (wanted != null && entries.get(uid) == entry) {
        set(uid, entry.pod, wanted, entry.soon);
      }
    }
  }

  /** Completes when everything set so far is in the API, or the pod is gone from it. */
  public CompletableFuture<Void> settled(String uid) {
    Entry entry = entries.get(uid);
    if (entry == null) {
      return CompletableFuture.completedFuture(null);
    }
    synchronized (entry) {
      return entry.settled;
    }
  }

  public void forget(String uid) {
    Entry entry = entries.remove(uid);
    if (entry != null) {
      synchronized (entry) {
        entry.settled.complete(null);
      }
    }
  }

  private void send(String uid, Entry entry) {
    while (true) {
      ObjectNode wanted;
      Pod pod;
      JsonNode written;
      synchronized (entry) {
        wanted = entry.wanted;
        pod = entry.pod;
        written = entry.written;
        if (wanted != null && overwritten(entry, pod, wanted)) {
          written = pod.status();
          entry.written = written;
        }
        if (wanted == null || wanted.equals(written) || entries.get(uid) != entry) {
          entry.sending = false;
          entry.settled.complete(null);
          return;
        }
      }
      ObjectNode patch = difference(written, wanted);
      if (patch.isEmpty()) {
        synchronized (entry) {
          entry.written = wanted;
        }
        continue;
      }
      ObjectNode body = Json.object();
      body.putObject("metadata").put("uid", pod.uid());
      body.set("status", patch);
      try {
        KubeObject stored =
            client
                .patch(
                    Resources.PODS,
                    pod.namespace(),
                    pod.name(),
                    new Patch(PatchType.STRATEGIC_MERGE, body, false),
                    "status",
                    dev.coracle.api.rest.WriteOptions.NONE)
                .await()
                .atMost(LIMIT);
        synchronized (entry) {
          long now = System.nanoTime();
          metrics.statusWritten(Duration.ofNanos(now - entry.changedNanos));
          entry.changedNanos = now;
          entry.written = wanted;
          entry.writtenVersion = version(stored);
          if (entry.writtenVersion == version(pod.object())) {
            entry.rightVersion = entry.writtenVersion;
          }
          entry.failures = 0;
        }
        LOG.atDebug()
            .addKeyValue("pod", pod.key())
            .addKeyValue("phase", wanted.path("phase").asText(""))
            .log("Pod status written");
      } catch (RuntimeException e) {
        if (StatusException.isNotFound(e) || StatusException.isConflict(e)) {
          // The pod is gone, or is another one by now: nobody is to be told of it any more.
          synchronized (entry) {
            entry.written = wanted;
            entry.failures = 0;
            if (entry.wanted == wanted) {
              entry.sending = false;
              entry.settled.complete(null);
              return;
            }
          }
          continue;
        }
        retry(uid, entry, pod, e);
        return;
      }
    }
  }

  private void retry(String uid, Entry entry, Pod pod, RuntimeException e) {
    int failures;
    synchronized (entry) {
      failures = entry.failures++;
    }
    LOG.atWarn()
        .addKeyValue("pod", pod.key())
        .addKeyValue("why", e.getMessage())
        .log("A pod's status could not be written, it will be tried again");
    timers.after(
        Duration.ofMillis(Math.min(10_000, 100L << Math.min(7, failures))), () -> send(uid, entry));
  }

  /**
   * What changed, as a strategic merge patch: removed fields are null, removed addresses are
   * deleted by key.
   */
  static ObjectNode difference(JsonNode before, ObjectNode now) {
    return difference(before, now, false);
  }

  /**
   * @param ownConditions whether conditions of others in {@code before} are no difference
   */
  private static ObjectNode difference(JsonNode before, ObjectNode now, boolean ownConditions) {
    ObjectNode patch = Json.object();
    now.properties()
        .forEach(e -> {
          boolean conditions = ownConditions && e.getKey().equals("conditions");
          if (conditions && containsAll(before.path("conditions"), e.getValue())) {
            return;
          }
          if (!e.getValue().equals(BY_VALUE, before.path(e.getKey()))) {
            patch.set(e.getKey(), e.getValue());
          }
        });
    if (patch.has("conditions")) {
      patch.set("conditions", conditions(before.path("conditions"), now.path("conditions")));
    }
    for (String field : new String[] {"podIPs", "hostIPs"}) {
      if (patch.has(field)) {
        removed(before.path(field), (ArrayNode) now.withArrayProperty(field), patch, field);
      }
    }
    for (String field : new String[] {"reason", "message", "podIP", "podIPs"}) {
      if (before.hasNonNull(field) && !now.has(field)) {
        patch.putNull(field);
      }
    }
    return patch;
  }

  /**
   * Conditions are merged by type, field by field, so what one has no more must be taken away by
   * name.
   */
  private static JsonNode conditions(JsonNode before, JsonNode now) {
    ArrayNode out = now.deepCopy();
    for (JsonNode condition : out) {
      for (JsonNode old : before) {
        if (!old.path("type").equals(condition.path("type"))) {
          continue;
        }
        for (String field : new String[] {"reason", "message"}) {
          if (old.hasNonNull(field) && !condition.has(field)) {
            ((ObjectNode) condition).putNull(field);
          }
        }
      }
    }
    for (JsonNode old : before) {
      String type = old.path("type").asText("");
      if (PASSING.contains(type) && !has(now, type)) {
        out.addObject().put("type", type).put("$patch", "delete");
      }
    }
    return out;
  }

  private static boolean has(JsonNode conditions, String type) {
    for (JsonNode c : conditions) {
      if (c.path("type").asText("").equals(type)) {
        return true;
      }
    }
    return false;
  }

  /** By type and status, which is what counts. */
  private static boolean containsAll(JsonNode all, JsonNode some) {
    for (JsonNode s : some) {
      boolean found = false;
      for (JsonNode a : all) {
        found |= a.path("type").equals(s.path("type")) && a.path("status").equals(s.path("status"));
      }
      if (!found) {
        return false;
      }
    }
    return true;
  }

  private static void removed(JsonNode before, ArrayNode now, ObjectNode patch, String field) {
    ArrayNode list = now.deepCopy();
    for (JsonNode old : before) {
      boolean kept = false;
      for (Iterator<JsonNode> it = now.elements(); it.hasNext(); ) {
        kept |= it.next().path("ip").equals(old.path("ip"));
      }
      if (!kept) {
        list.addObject().put("$patch", "delete").set("ip", old.path("ip"));
      }
    }
    patch.set(field, list);
  }
}
