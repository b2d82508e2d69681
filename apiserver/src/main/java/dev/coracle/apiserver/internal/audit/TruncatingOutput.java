package dev.coracle.apiserver.internal.audit;

import dev.coracle.apiserver.config.AuditDelivery;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;

/**
 * Sends large events without their bodies, and large batches in parts. What is too large without
 * bodies is lost.
 */
final class TruncatingOutput implements AuditOutput {

  private static final String PLUGIN = "truncate";

  private final AuditOutput output;
  private final AuditDelivery.Truncation limits;
  private final AuditMeters meters;

  TruncatingOutput(AuditOutput output, AuditDelivery.Truncation limits, AuditMeters meters) {
    this.output = output;
    this.limits = limits;
    this.meters = meters;
  }

  @Override
  public String plugin() {
    return output.plugin();
  }

  @Override
  public Future<Void> process(List<AuditEvent> events) {
    List<Future<Void>> parts = new ArrayList<>();
    List<AuditEvent> part = new ArrayList<>();
    long partBytes = 0;
    int lost = 0;
    for (AuditEvent event : events) {
      AuditEvent small = small(event);
      long bytes = bytes(small);
      if (bytes > limits.maxEventBytes()) {
        lost++;
        continue;
      }
      if (!part.isEmpty() && partBytes + bytes > limits.maxBatchBytes()) {
        parts.add(output.process(part));
        part = new ArrayList<>();
        partBytes = 0;
      }
      part.add(small);
      partBytes += bytes;
    }
    if (!part.isEmpty()) {
      parts.add(output.process(part));
    }
    if (lost > 0) {
      // Upstream lets requests go on without these, though it is strict.
      meters.lost(PLUGIN, lost);
    }
    return Future.join(parts).mapEmpty();
  }

  private AuditEvent small(AuditEvent event) {
    return bytes(event) > limits.maxEventBytes() && event.mayHaveBodies()
        ? event.withoutBodies()
        : event;
  }

  /** With the line's end, as upstream counts. */
  private static long bytes(AuditEvent event) {
    return event.encode().length + 1L;
  }

  @Override
  public void close() {
    output.close();
  }
}
