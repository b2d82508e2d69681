package dev.coracle.apiserver.internal.audit;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.coracle.apiserver.internal.http.RemoteJson;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.DoubleSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends events to a service, as an {@code EventList} of audit.k8s.io/v1; what fails, for whatever
 * reason, is sent again a few times, later and later. The answer is nothing but its code.
 */
final class AuditWebhook implements AuditOutput {

  private static final String PLUGIN = "webhook";
  private static final Logger LOG = LoggerFactory.getLogger(AuditWebhook.class);

  private static final int ATTEMPTS = 5;
  private static final double GROWTH = 1.5;
  private static final double JITTER = 0.2;
  private static final Duration TIMEOUT = Duration.ofSeconds(30);
  private static final long END_SECONDS = 5;

  private static final byte[] HEAD =
      "{\"kind\":\"EventList\",\"apiVersion\":\"audit.k8s.io/v1\",\"metadata\":{},\"items\":["
          .getBytes(UTF_8);

  /** What every event begins with by itself, and does not in a list. */
  private static final byte[] TYPE =
      "{\"kind\":\"Event\",\"apiVersion\":\"audit.k8s.io/v1\",".getBytes(UTF_8);

  private final Vertx vertx;
  private final RemoteJson remote;
  private final Duration initialBackoff;
  private final DoubleSupplier random;
  private final AuditMeters meters;
  private final Set<Future<Void>> underWay = ConcurrentHashMap.newKeySet();
  private volatile boolean failing;

  /**
   * @param random from 0 to 1
   */
  AuditWebhook(
      Vertx vertx,
      RemoteJson remote,
      Duration initialBackoff,
      DoubleSupplier random,
      AuditMeters meters) {
    this.vertx = vertx;
    this.remote = remote;
    this.initialBackoff = initialBackoff;
    this.random = random;
    this.meters = meters;
  }

  @Override
  public String plugin() {
    return PLUGIN;
  }

  @Override
  public Future<Void> process(List<AuditEvent> events) {
    Promise<Void> done = Promise.promise();
    Future<Void> sent = done.future();
    underWay.add(sent);
    send(list(events), 1, initialBackoff, done);
    return sent.onComplete(result -> {
      underWay.remove(sent);
      if (result.failed()) {
        meters.lost(PLUGIN, events.size());
        failed(result.cause());
      } else {
        failing = false;
      }
    });
  }

  private static byte[] list(List<AuditEvent> events) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(HEAD);
    for (int i = 0; i < events.size(); i++) {
      if (i > 0) {
        out.write(',');
      }
      byte[] event = events.get(i).encode();
      out.write('{');
      int from = startsWith(event, TYPE) ? TYPE.length : 1;
      out.write(event, from, event.length - from);
    }
    out.write(']');
    out.write('}');
    return out.toByteArray();
  }

  private static boolean startsWith(byte[] bytes, byte[] start) {
    return bytes.length >= start.length
        && java.util.Arrays.equals(bytes, 0, start.length, start, 0, start.length);
  }

  private void send(byte[] body, int attempt, Duration backoff, Promise<Void> done) {
    remote
        .send(body, TIMEOUT)
        .onComplete(result -> {
          if (result.succeeded()) {
            done.complete();
          } else if (attempt == ATTEMPTS) {
            done.fail(result.cause());
          } else {
            long millis = (long) (backoff.toMillis() * (1 + JITTER * random.getAsDouble()));
            Duration next = Duration.ofMillis((long) (backoff.toMillis() * GROWTH));
            vertx.setTimer(Math.max(1, millis), _ -> send(body, attempt + 1, next, done));
          }
        });
  }

  /** Said once, until it works again. */
  private void failed(Throwable why) {
    if (!failing) {
      LOG.atError()
          .setMessage("events cannot be sent to the audit webhook")
          .addKeyValue("why", why.getMessage())
          .log();
    }
    failing = true;
  }

  @Override
  public void close() {
    try {
      Future.join(List.copyOf(underWay))
          .toCompletionStage()
          .toCompletableFuture()
          .get(END_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException e) {
      // Counted, or about to be lost with the process.
    }
    remote.close();
  }
}
