package dev.coracle.watchhub.internal.etcd;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.coracle.watchhub.EtcdStorage;
import dev.coracle.watchhub.config.EtcdOptions;
import dev.coracle.watchhub.internal.etcd.v3.RangeResponse;
import dev.coracle.watchhub.internal.etcd.v3.ResponseHeader;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.grpc.common.GrpcStatus;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** Since etcd 3.5.28 and 3.6 its status and compaction are for users with the role root. */
class EtcdPermissionsTest {
  private static final Duration WAIT = Duration.ofSeconds(20);
  private static final RangeResponse NOTHING =
      RangeResponse.newBuilder().setHeader(ResponseHeader.newBuilder().setRevision(7)).build();

  private final Logger logger = (Logger) LoggerFactory.getLogger(EtcdCompactor.class);
  private final ListAppender<ILoggingEvent> log = new ListAppender<>();
  private FakeEtcd etcd;

  @BeforeEach
  void listen() throws Exception {
    etcd = new FakeEtcd();
    log.start();
    logger.addAppender(log);
  }

  @AfterEach
  void close() throws Exception {
    logger.detachAppender(log);
    etcd.close();
  }

  private EtcdStorage open(EtcdOptions options) {
    EtcdStorage storage = new EtcdStorage(etcd.vertx, options, new SimpleMeterRegistry());
    storage.open().await().atMost(WAIT);
    return storage;
  }

  private static void deny(HttpServerRequest request) {
    FakeEtcd.refuse(request, GrpcStatus.PERMISSION_DENIED, "etcdserver: permission denied");
  }

  @Test
  void aStatusThatIsKeptFromTheUserIsDoneWithout() {
    etcd.answer =
        request -> {
          if (request.path().equals("/etcdserverpb.Maintenance/Status")) {
            deny(request);
          } else {
            FakeEtcd.reply(request, NOTHING);
          }
        };
    EtcdStorage storage = open(etcd.options());
    assertThat(storage.revision().await().atMost(WAIT)).isEqualTo(7);
    storage.close().await().atMost(WAIT);
  }

  @Test
  void whoMayNotCompactIsToldOnceAndAsksOn() throws InterruptedException {
    CountDownLatch rounds = new CountDownLatch(3);
    etcd.answer =
        request -> {
          if (request.path().equals("/etcdserverpb.KV/Txn")) {
            deny(request);
            rounds.countDown();
          } else {
            FakeEtcd.reply(request, NOTHING);
          }
        };
    EtcdStorage storage = open(etcd.options().withCompactEvery(Duration.ofMillis(5)));
    assertThat(rounds.await(WAIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
    storage.close().await().atMost(WAIT);
    assertThat(log.list)
        .singleElement()
        .satisfies(told -> {
          assertThat(told.getFormattedMessage()).contains("compact_rev_key", "the role root");
          assertThat(told.getThrowableProxy()).isNull();
        });
  }

  @Test
  void aRoundThatTheEndCutsOffIsNoTrouble() throws InterruptedException {
    CountDownLatch asked = new CountDownLatch(1);
    etcd.answer =
        request -> {
          if (request.path().equals("/etcdserverpb.KV/Txn")) {
            asked.countDown();
          } else {
            FakeEtcd.reply(request, NOTHING);
          }
        };
    EtcdStorage storage = open(etcd.options().withCompactEvery(Duration.ofMillis(5)));
    assertThat(asked.await(WAIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
    storage.close().await().atMost(WAIT);
    assertThat(log.list).isEmpty();
  }
}
