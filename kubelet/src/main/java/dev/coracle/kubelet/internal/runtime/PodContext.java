package dev.coracle.kubelet.internal.runtime;

import dev.coracle.kubelet.internal.pod.Pod;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * What the kubelet remembers about one pod between syncs and the runtime does not know: why
 * containers could not be started, their back-offs, when it was first seen. Lives from the first
 * sync to the pod's end; safe for any thread.
 */
public final class PodContext {
  /** Why a container waits: {@code state.waiting.reason} and {@code message}. */
  public record StartFailure(String reason, String message) {}

  private final String uid;
  private final Instant firstSeen;
  private final AtomicBoolean ran;
  private volatile @Nullable PodStartup startup;
  private final PodResources resources = new PodResources();
  private volatile Pod desired;
  private volatile Pod pod;
  private volatile CompletableFuture<Void> room = CompletableFuture.completedFuture(null);
  private volatile CompletableFuture<Void> cancelled = new CompletableFuture<>();
  private final Map<String, StartFailure> startFailures = new ConcurrentHashMap<>();
  private final Map<String, Instant> pullFailures = new ConcurrentHashMap<>();
  private final Map<String, String> pullErrors = new ConcurrentHashMap<>();
  private final AtomicInteger sandboxFailures = new AtomicInteger();
  private final AtomicInteger mountFailures = new AtomicInteger();
  private final BackOff restarts;
  private final BackOff pulls;

  /**
   * @param firstRestart what a container that ends again and again waits at first, where that is
   *     less than {@code initialBackOff}
   * @param longestRestart what a container that ends again and again waits at most, where that is
   *     less than {@code maxBackOff} (KEP-4603)
   */
  public PodContext(
      Pod pod,
      Clock clock,
      Duration initialBackOff,
      Duration maxBackOff,
      Duration firstRestart,
      Duration longestRestart) {
    this.uid = pod.uid();
    this.desired = pod;
    this.pod = pod;
    this.firstSeen = clock.instant();
    this.ran = new AtomicBoolean(pod.phase().equals("Running"));
    this.startup = pod.hasBegun() ? null : new PodStartup();
    this.restarts =
        new BackOff(clock, initialBackOff, maxBackOff).atMost(firstRestart, longestRestart);
    this.pulls = new BackOff(clock, initialBackOff, maxBackOff);
  }

  public String uid() {
    return uid;
  }

  public Instant firstSeen() {
    return firstSeen;
  }

  /** The newest version known, with the resources this node has promised it. */
  public Pod pod() {
    return pod;
  }

  /** The newest version known, as its source has it. */
  public Pod desired() {
    return desired;
  }

  public synchronized void update(Pod newer) {
    desired = newer;
    pod = resources.allocation().map(a -> a.on(newer)).orElse(newer);
  }

  synchronized void allocate(Allocation allocation) {
    resources.allocate(allocation);
    pod = allocation.on(desired);
  }

  public PodResources resources() {
    return resources;
  }

  /** What its start is measured by; empty once it has started, and for one that had before. */
  public Optional<PodStartup> startup() {
    return Optional.ofNullable(startup);
  }

  /** Its start is not measured any more. */
  public void startupOver() {
    startup = null;
  }

  /**
   * @return true the first time it is called, and false for a pod that ran before the kubelet knew
   *     it
   */
  public boolean firstTimeRunning() {
    return ran.compareAndSet(false, true);
  }

  /** Completes when the work now being done is not wanted any more: long waits race against it. */
  public CompletableFuture<Void> cancelled() {
    return cancelled;
  }

  public void cancel() {
    cancelled.complete(null);
  }

  /** Termination itself must be able to wait again. */
  public void clearCancel() {
    cancelled = new CompletableFuture<>();
  }

  /** Others have to end before this pod begins. */
  public void startAfter(CompletableFuture<Void> ends) {
    room = ends;
  }

  /** Completes when the node has room for the pod. */
  public CompletableFuture<Void> room() {
    return room;
  }

  public Optional<StartFailure> startFailure(String container) {
    return Optional.ofNullable(startFailures.get(container));
  }

  public void failed(String container, String reason, String message) {
    startFailures.put(container, new StartFailure(reason, message));
  }

  public void started(String container) {
    startFailures.remove(container);
  }

  /**
   * @return how many attempts at a sandbox have failed in a row before this one
   */
  int sandboxFailed() {
    return sandboxFailures.getAndIncrement();
  }

  void sandboxMade() {
    sandboxFailures.set(0);
  }

  /**
   * @return how long to wait before the volumes are tried again: half a second, doubling up to two
   *     minutes
   */
  public Duration mountFailed() {
    return Duration.ofMillis(
        Math.min(122_000, 500L << Math.min(8, mountFailures.getAndIncrement())));
  }

  public void mounted() {
    mountFailures.set(0);
  }

  public BackOff restarts() {
    return restarts;
  }

  public BackOff pulls() {
    return pulls;
  }

  public Map<String, Instant> pullFailures() {
    return pullFailures;
  }

  /** The last pull's error by image, shown while backing off. */
  public Map<String, String> pullErrors() {
    return pullErrors;
  }
}
