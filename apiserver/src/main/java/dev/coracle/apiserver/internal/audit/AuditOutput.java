package dev.coracle.apiserver.internal.audit;

import io.vertx.core.Future;
import java.util.List;

/** Where events go in the end. Safe on any thread. */
interface AuditOutput extends AutoCloseable {

  /** As metrics name it. */
  String plugin();

  /**
   * Takes events, in their order. It may encode them at once, which is no work for event loops. The
   * future fails where an event is lost; that is counted by then.
   */
  Future<Void> process(List<AuditEvent> events);

  /** Has what is under way end, for some seconds at most. */
  @Override
  void close();
}
