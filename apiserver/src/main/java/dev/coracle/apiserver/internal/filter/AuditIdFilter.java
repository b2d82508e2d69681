package dev.coracle.apiserver.internal.filter;

import dev.coracle.apiserver.internal.http.Exchange;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;

/** Gives every answered request its Audit-Id. */
final class AuditIdFilter implements Filter {

  @Override
  public void handle(Exchange exchange, Runnable next) {
    String id = exchange.header("Audit-ID");
    exchange.response().putHeader("Audit-Id", id.isEmpty() || id.length() > 64 ? made() : id);
    next.run();
  }

  /** Unique, but no secret: a random UUID (RFC 9562, version 4) of a quick source. */
  private static String made() {
    ThreadLocalRandom random = ThreadLocalRandom.current();
    long high = random.nextLong() & ~0xf000L | 0x4000L;
    long low = random.nextLong() >>> 2 | Long.MIN_VALUE;
    return new UUID(high, low).toString();
  }
}
