package dev.coracle.apiserver.internal.audit;

import io.vertx.core.Future;

/** Takes events from requests, one by one. Safe on any thread, and never blocks. */
interface AuditBackend extends AutoCloseable {

  /** Nothing has to be waited for. */
  Future<Boolean> TAKEN = Future.succeededFuture(true);

  /**
   * Completes when the request may go on, on whatever thread: with false where it must not, for the
   * event is lost.
   */
  Future<Boolean> add(AuditEvent event);

  /** Whether requests wait for their events. */
  boolean blocks();

  /** Has what was taken get there, for some seconds at most. Blocks. */
  @Override
  void close();
}
