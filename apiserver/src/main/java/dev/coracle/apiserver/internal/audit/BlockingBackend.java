package dev.coracle.apiserver.internal.audit;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Sends every event on by itself, and has its request wait for that. What is under way is bounded
 * in bytes; what does not fit is lost, and counted.
 */
final class BlockingBackend implements AuditBackend {

  private static final long MOST_BYTES = 64L << 20;
  private static final Future<Boolean> REFUSED = Future.succeededFuture(false);

  private final AuditOutput output;
  private final boolean strict;
  private final AuditMeters meters;
  private final AtomicLong bytes = new AtomicLong();

  /**
   * @param strict what is lost is told to the request, which else goes on
   */
  BlockingBackend(AuditOutput output, boolean strict, AuditMeters meters) {
    this.output = output;
    this.strict = strict;
    this.meters = meters;
  }

  @Override
  public boolean blocks() {
    return true;
  }

  @Override
  public Future<Boolean> add(AuditEvent event) {
    if (bytes.addAndGet(event.weight()) > MOST_BYTES) {
      bytes.addAndGet(-event.weight());
      meters.lost(output.plugin(), 1);
      return strict ? REFUSED : TAKEN;
    }
    Promise<Boolean> done = Promise.promise();
    // It may be encoded there.
    Thread.startVirtualThread(() ->
        output
            .process(List.of(event))
            .onComplete(sent -> {
              bytes.addAndGet(-event.weight());
              done.complete(sent.succeeded() || !strict);
            }));
    return done.future();
  }

  @Override
  public void close() {
    output.close();
  }
}
