package dev.coracle.kubelet.internal.probe;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.fuzz.Mutator;
import dev.coracle.kubelet.internal.pod.ContainerSpec;
import dev.coracle.kubelet.internal.pod.Pod;
import dev.coracle.kubelet.internal.probe.Handlers.Outcome;
import dev.coracle.kubelet.internal.probe.Handlers.Result;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.NetSocket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Containers that answer probes with anything, without end, or not at all. */
class ProbeAnswersFuzz {

  private static final long SEED = Long.getLong("coracle.fuzz.seed", 1);
  private static final int ANSWERS = Integer.getInteger("coracle.fuzz.inputs", 3000) / 10;
  private static final Duration LIMIT = Duration.ofSeconds(20);
  private static final String WELL = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK";
  private static final Pod POD =
      new Pod(
          KubeObject.parse(
              """
              {"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","namespace":"ns","uid":"u"},
               "spec":{"containers":[{"name":"c"}]}}\
              """));

  private final Vertx vertx = Vertx.vertx();
  private final Set<NetSocket> open = ConcurrentHashMap.newKeySet();
  private volatile Consumer<NetSocket> answer = _ -> {};
  private NetServer server;
  private Handlers handlers;

  @BeforeEach
  void listen() throws Exception {
    server =
        vertx
            .createNetServer()
            .connectHandler(socket -> {
              open.add(socket);
              socket.closeHandler(_ -> open.remove(socket));
              socket.handler(_ -> answer.accept(socket));
            });
    server.listen(0, "127.0.0.1").await(10, TimeUnit.SECONDS);
    handlers = new Handlers(vertx, null, "kube-probe/1.36");
  }

  @AfterEach
  void close() throws Exception {
    handlers.close();
    vertx.close().await(10, TimeUnit.SECONDS);
  }

  private Outcome http(Duration limit) {
    JsonNode action = Json.object().put("port", server.actualPort()).put("path", "/healthz");
    ContainerSpec container = POD.containers().getFirst();
    return handlers.http(POD, container, action, "127.0.0.1", limit);
  }

  private Outcome grpc(Duration limit) {
    return handlers.grpc(Json.object().put("port", server.actualPort()), "127.0.0.1", limit);
  }

  @Test
  void everyAnswerHasAnOutcome() {
    List<byte[]> right =
        List.of(
            bytes(WELL),
            bytes("HTTP/1.1 302 Found\r\nLocation: /other\r\nContent-Length: 0\r\n\r\n"),
            bytes("HTTP/1.1 302 Found\r\nLocation: http://elsewhere/\r\nContent-Length: 0\r\n\r\n"),
            bytes("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nOK\r\n0\r\n\r\n"),
            // HTTP/2: settings, then an answer of headers alone.
            new byte[] {0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 1, 1, 5, 0, 0, 0, 1, (byte) 0x88});
    List<byte[]> words =
        List.of(
            bytes("\r\n\r\n"), bytes("Location: "), bytes("http://["), bytes("%zz"), bytes("-1"));
    Mutator mutator = new Mutator(new SplittableRandom(SEED), right, words);
    for (int i = 0; i < ANSWERS; i++) {
      byte[] bytes = i < right.size() ? right.get(i) : mutator.next();
      answer = socket -> socket.end(Buffer.buffer(bytes));
      String what =
          "seed " + SEED + ", answer " + i + ": " + new String(bytes, StandardCharsets.UTF_8);
      assertThat(http(LIMIT).message()).as(what).doesNotContain("context deadline exceeded");
      // What no gRPC server says is told in the words of a connection that never came about.
      long begun = System.nanoTime();
      grpc(LIMIT);
      assertThat(Duration.ofNanos(System.nanoTime() - begun)).as(what).isLessThan(LIMIT);
    }
  }

  /** All of it was kept: a container could take the node's memory with its probe. */
  @Test
  void onlyTheBeginningOfAnAnswerIsReceived() {
    Buffer piece = Buffer.buffer(new byte[64 << 10]);
    answer =
        socket -> {
          socket.handler(_ -> {});
          socket.write("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n");
          Runnable more =
              () -> {
                while (!socket.writeQueueFull()) {
                  socket.write(piece);
                }
              };
          socket.drainHandler(_ -> more.run());
          more.run();
        };
    assertThat(http(LIMIT).result()).isEqualTo(Result.SUCCESS);
    Awaitility.await().atMost(LIMIT).until(open::isEmpty);
  }

  /**
   * After five of them no probe of the port was sent any more, whatever became of the container.
   */
  @Test
  void probesThatWereNotAnsweredLeaveNothingBehind() {
    for (int i = 0; i < 12; i++) {
      assertThat(http(Duration.ofMillis(50)).message()).contains("context deadline exceeded");
      assertThat(grpc(Duration.ofMillis(50)).result()).isEqualTo(Result.FAILURE);
    }
    answer = socket -> socket.end(Buffer.buffer(WELL));
    assertThat(http(LIMIT).result()).isEqualTo(Result.SUCCESS);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }
}
