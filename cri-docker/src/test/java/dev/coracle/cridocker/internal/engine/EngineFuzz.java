package dev.coracle.cridocker.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.fuzz.Fuzzer;
import dev.coracle.api.fuzz.Mutator;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpMethod;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A daemon that answers anything: it is understood, or the call fails, at once. */
class EngineFuzz {
  private static final long SEED = Long.getLong("coracle.fuzz.seed", 1);
  private static final int ANSWERS = Integer.getInteger("coracle.fuzz.inputs", 3000) / 10;
  private static final String EVENTS =
      """
      {"Type":"container","Action":"die","Actor":{"ID":"ab","Attributes":{"a":"b"}},"timeNano":7}
      {"status":"Downloading","progressDetail":{"current":1,"total":2}}
      """;

  @TempDir Path directory;
  private final Vertx vertx = Vertx.vertx();
  private Path socket;
  private ServerSocketChannel server;
  private Engine engine;

  @BeforeEach
  void listen() throws IOException {
    socket = directory.resolve("s");
    server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    server.bind(UnixDomainSocketAddress.of(socket));
    engine = new Engine(vertx, socket);
  }

  @AfterEach
  void close() throws Exception {
    engine.close();
    server.close();
    vertx.close().await(10, TimeUnit.SECONDS);
  }

  @FuzzTest(maxDuration = "60s")
  void lines(byte[] input) throws IOException {
    read(input);
  }

  @Test
  void jsonLines() throws InterruptedException {
    new Fuzzer()
        .seeds(EVENTS, "null\n[]\n\n{}", "{\"a\":")
        .words("\n", "\r\n", "{", "[", "null", "\"Action\":")
        .run(EngineFuzz::read);
  }

  /** Each is an object or missing, and there is one a line. */
  private static void read(byte[] input) throws IOException {
    JsonLines lines = new JsonLines(new ByteArrayInputStream(input));
    int count = 0;
    for (JsonNode line = lines.next(); line != null; line = lines.next()) {
      assertThat(line.isObject() || line.isMissingNode()).isTrue();
      count++;
    }
    long whole =
        new String(input, StandardCharsets.ISO_8859_1).chars().filter(c -> c == 10).count();
    boolean rest = input.length > 0 && input[input.length - 1] != '\n';
    assertThat(count).isEqualTo(whole + (rest ? 1 : 0));
  }

  /** Answers the next question so, and hangs up. */
  private Thread answering(byte[] answer) {
    return Thread.ofVirtual()
        .start(() -> {
          try (SocketChannel client = server.accept()) {
            client.read(ByteBuffer.allocate(4096));
            ByteBuffer bytes = ByteBuffer.wrap(answer);
            while (bytes.hasRemaining()) {
              client.write(bytes);
            }
          } catch (IOException e) {
            // The engine has heard enough of it.
            assertThat(server.isOpen()).isTrue();
          }
        });
  }

  private static String http(String status, String head, String body) {
    return "HTTP/1.1 %s\r\nApi-Version: 1.41\r\n%s\r\n%s".formatted(status, head, body);
  }

  @Test
  void everyAnswerIsTakenOrTheCallFails() throws Exception {
    String version = "{\"Version\":\"20.10\",\"ApiVersion\":\"1.41\",\"MinAPIVersion\":\"1.12\"}";
    List<byte[]> right =
        List.of(
            bytes(http("200 OK", "Content-Length: " + version.length() + "\r\n", version)),
            bytes(http("200 OK", "Transfer-Encoding: chunked\r\n", "3\r\n[1]\r\n0\r\n\r\n")),
            bytes(http("404 Not Found", "Content-Length: 16\r\n", "{\"message\":\"no\"}")),
            bytes(http("101 UPGRADED", "Connection: Upgrade\r\nUpgrade: tcp\r\n", "\1\0\0\0")),
            bytes(http("200 OK", "Connection: close\r\n", EVENTS)));
    List<byte[]> words =
        List.of(bytes("\r\n"), bytes("\r\n\r\n"), bytes("chunked"), bytes("\"1.x\""), bytes("-1"));
    Mutator mutator = new Mutator(new SplittableRandom(SEED), right, words);
    for (int i = 0; i < ANSWERS; i++) {
      byte[] answer = i < right.size() ? right.get(i) : mutator.next();
      for (Question question : List.<Question>of(this::version, this::events, this::exec)) {
        Thread daemon = answering(answer);
        try {
          question.ask();
        } catch (IOException e) {
          assertThat(e.getMessage()).isNotNull();
        } catch (RuntimeException | AssertionError e) {
          throw new AssertionError(
              "seed " + SEED + ", answer " + i + ": " + new String(answer, StandardCharsets.UTF_8),
              e);
        }
        daemon.join();
      }
    }
  }

  @FunctionalInterface
  private interface Question {
    void ask() throws IOException;
  }

  private void version() throws IOException {
    engine.close();
    engine = new Engine(vertx, socket);
    engine.connect();
  }

  private void events() throws IOException {
    try (InputStream in = engine.stream(HttpMethod.GET, "/events", Map.of())) {
      read(in.readNBytes(1 << 16));
    }
  }

  private void exec() throws IOException {
    try (Hijacked connection = engine.hijack("/exec/1/start")) {
      Frames frames = new Frames(connection.input(), false);
      while (frames.next() != null) {
        // Until the daemon hangs up.
      }
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  /** It failed as no call of the daemon does. */
  @Test
  void aDaemonOfNoVersionIsRefused() throws Exception {
    String said = "{\"Version\":\"x\",\"ApiVersion\":\"one\"}";
    Thread daemon =
        answering(bytes(http("200 OK", "Content-Length: " + said.length() + "\r\n", said)));
    assertThatThrownBy(engine::connect)
        .isInstanceOf(EngineException.class)
        .hasMessageStartingWith("Docker x speaks version one of the Engine API");
    daemon.join();
  }

  /** It was kept whole, however long it was. */
  @Test
  void anAnswerWithoutEndIsGivenUp() throws Exception {
    Thread daemon =
        Thread.ofVirtual()
            .start(() -> {
              try (SocketChannel client = server.accept()) {
                client.read(ByteBuffer.allocate(4096));
                client.write(ByteBuffer.wrap(bytes(http("200 OK", "Connection: close\r\n", ""))));
                ByteBuffer spaces = ByteBuffer.allocate(1 << 20);
                while (true) {
                  client.write(spaces.clear());
                }
              } catch (IOException e) {
                assertThat(server.isOpen()).isTrue();
              }
            });
    assertThatThrownBy(() -> engine.get("/images/json"))
        .isInstanceOf(EngineException.class)
        .hasMessageContaining("the answer is larger than 67108864 bytes");
    daemon.join();
  }

  /** Whoever asked waited for ever. */
  @Test
  void anExecThatIsNotAnsweredIsGivenUp() throws Exception {
    Path file = socket;
    assertThatThrownBy(
            () -> Hijacked.open(file, "/exec/1/start", new byte[0], Duration.ofMillis(1)))
        .isInstanceOf(EngineException.class)
        .hasMessage("the Docker daemon does not answer /exec/1/start");
  }

  /** The rest of it is told all the same. */
  @Test
  void aLineThatIsNoneIsPassedOver() throws IOException {
    String long1 = "{\"a\":\"" + "x".repeat(JsonLines.MOST) + "\"}";
    JsonLines lines =
        new JsonLines(new ByteArrayInputStream(bytes("null\n" + long1 + "\n{\"b\":1}\n")));
    for (int i = 0; i < 2; i++) {
      JsonNode none = lines.next();
      assertThat(none == null || !none.isMissingNode()).isFalse();
    }
    JsonNode right = lines.next();
    assertThat(right == null ? 0 : right.path("b").asInt()).isEqualTo(1);
    assertThat(lines.next() == null).isTrue();
  }
}
