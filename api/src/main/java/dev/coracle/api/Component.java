package dev.coracle.api;

import java.util.concurrent.CompletionStage;

/**
 * A part of the process with a life: the API server, the scheduler, a kubelet. The launcher starts
 * components in the order of its parts list, each when those before it are ready, and stops them in
 * the opposite order.
 *
 * <p>Start-up is gated by readiness, never by time: {@link #start()} completes when the component
 * does its work (its informers have synced, its socket listens). A component is started at most
 * once and can be stopped at any time, also while it starts; stopping twice is harmless. No method
 * blocks.
 */
public interface Component {

  /** As it stands in logs, health checks and metrics: {@code kube-scheduler}. */
  String name();

  /**
   * Completes when ready, or fails with a message that says what to do; then nothing is left
   * running.
   */
  CompletionStage<Void> start();

  /** Completes when everything the component holds is given back. */
  CompletionStage<Void> stop();

  /** Empty when healthy, else why not, in one line; cheap, called by {@code /readyz}. */
  java.util.Optional<String> unhealthy();
}
