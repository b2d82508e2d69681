package dev.coracle.apiserver.internal.audit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.Json;
import dev.coracle.apiserver.config.AuditDelivery;
import dev.coracle.apiserver.config.AuditOptions;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AuditLogTest {

  @TempDir Path dir;

  /** Goes on by a second whenever it is asked. */
  private static final class Ticking extends Clock {
    private Instant now = Instant.parse("2026-03-01T12:00:00Z");

    @Override
    public Instant instant() {
      now = now.plusSeconds(1);
      return now;
    }

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      return this;
    }
  }

  private static AuditEvent event(int n, long weight) {
    return new AuditEvent(Json.object().put("n", n), null, null, false, weight);
  }

  @Test
  void aFullFileIsRotatedAndOnlyTheNewestBackupsStay() throws Exception {
    AuditOptions.Log options =
        new AuditOptions.Log(dir.resolve("logs/audit.log").toString(), 0, 2, 0, AuditDelivery.LOG);
    RotatingFile file = RotatingFile.open(options, new Ticking(), 100);
    for (int i = 0; i < 10; i++) {
      file.write(("line " + i + " " + "x".repeat(60)).getBytes(StandardCharsets.US_ASCII));
    }
    file.close();
    try (Stream<Path> files = Files.list(dir.resolve("logs"))) {
      List<Path> all = files.sorted().toList();
      assertThat(all).hasSize(3);
      assertThat(Files.readString(all.get(0))).startsWith("line 7");
      assertThat(all.get(0).getFileName().toString())
          .startsWith("audit-2026-03-01T")
          .endsWith(".log");
      assertThat(Files.readString(dir.resolve("logs/audit.log"))).startsWith("line 9");
    }
    assertThat(
            PosixFilePermissions.toString(
                Files.getPosixFilePermissions(dir.resolve("logs/audit.log"))))
        .isEqualTo("rw-------");
  }

  @Test
  void whatDoesNotFitIsDroppedAndCounted() throws Exception {
    CountDownLatch entered = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    SimpleMeterRegistry meters = new SimpleMeterRegistry();
    AuditLog.Sink stuck =
        new AuditLog.Sink() {
          @Override
          public void write(byte[] line) {
            entered.countDown();
            try {
              go.await();
            } catch (InterruptedException e) {
              throw new IllegalStateException(e);
            }
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        };
    AuditLog log = new AuditLog(stuck, new AuditMeters(meters));
    log.process(List.of(event(0, 1)));
    assertThat(entered.await(30, TimeUnit.SECONDS)).isTrue();
    log.process(List.of(event(1, 40L << 20)));
    log.process(List.of(event(2, 40L << 20)));
    for (int i = 0; i < 10_001; i++) {
      log.process(List.of(event(i, 1)));
    }
    assertThat(meters.counter("apiserver_audit_error_total", "plugin", "log").count())
        .as("the second large one, and two of the small ones")
        .isEqualTo(3);
    go.countDown();
    log.close();
  }

  @Test
  void closingWritesWhatWaits() throws Exception {
    AuditOptions.Log options = AuditOptions.Log.to(dir.resolve("a.log").toString());
    AuditLog log =
        AuditLog.open(options, Clock.systemUTC(), new AuditMeters(new SimpleMeterRegistry()));
    for (int i = 0; i < 100; i++) {
      log.process(List.of(event(i, 10)));
    }
    log.close();
    assertThat(Files.readAllLines(dir.resolve("a.log")))
        .hasSize(100)
        .last()
        .isEqualTo("{\"n\":99}");
  }

  @Test
  void whatCameWhileTheSinkWasFlushedIsWrittenAtTheEnd() throws Exception {
    CountDownLatch flushing = new CountDownLatch(1);
    CountDownLatch on = new CountDownLatch(1);
    List<String> written = new CopyOnWriteArrayList<>();
    AuditLog log =
        new AuditLog(
            new AuditLog.Sink() {
              @Override
              public void write(byte[] line) {
                written.add(new String(line, StandardCharsets.UTF_8).strip());
              }

              @Override
              public void flush() {
                flushing.countDown();
                try {
                  on.await();
                } catch (InterruptedException e) {
                  Thread.currentThread().interrupt();
                }
              }

              @Override
              public void close() {}
            },
            new AuditMeters(new SimpleMeterRegistry()));
    flushing.await();
    log.process(List.of(event(1, 10)));
    log.process(List.of(event(2, 10)));
    Thread closer = Thread.ofPlatform().start(log::close);
    while (closer.getState() != Thread.State.TIMED_WAITING) {
      Thread.onSpinWait();
    }
    on.countDown();
    closer.join();
    assertThat(written).containsExactly("{\"n\":1}", "{\"n\":2}");
  }

  @Test
  void anEventIsToldOfWhenItIsInTheFile() throws Exception {
    AuditOptions.Log options = AuditOptions.Log.to(dir.resolve("b.log").toString());
    AuditLog log =
        AuditLog.open(options, Clock.systemUTC(), new AuditMeters(new SimpleMeterRegistry()));
    log.process(List.of(event(1, 10)))
        .toCompletionStage()
        .toCompletableFuture()
        .get(30, TimeUnit.SECONDS);
    assertThat(Files.readAllLines(dir.resolve("b.log"))).containsExactly("{\"n\":1}");
    log.close();
  }
}
