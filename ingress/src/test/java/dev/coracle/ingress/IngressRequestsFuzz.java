package dev.coracle.ingress;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.fuzz.Mutator;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Requests of anybody to the gateway, with their bytes changed: each is passed on, refused as the
 * client's fault, or its connection is closed; and the gateway serves as before. Seeded as {@code
 * Fuzzer} is.
 */
class IngressRequestsFuzz {

  private static final long SEED = Long.getLong("coracle.fuzz.seed", 1);
  private static final int REQUESTS = Integer.getInteger("coracle.fuzz.inputs", 3000) / 10;
  private static final int MILLIS = 20_000;
  private static final Pattern STATUS = Pattern.compile("HTTP/1\\.[01] (\\d{3})");

  private static final List<String> RIGHT =
      List.of(
          "GET /shop?a=%20b HTTP/1.1\r\nHost: a.example\r\nX-Forwarded-For: 192.0.2.1, x\r\n"
              + "X-Forwarded-Proto: https\r\nConnection: close\r\n\r\n",
          "POST /shop HTTP/1.1\r\nHost: a.example:80\r\nTransfer-Encoding: chunked\r\n"
              + "Connection: close\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
          "GET http://a.example/shop HTTP/1.1\r\nHost: b.example\r\nUpgrade: websocket\r\n"
              + "Connection: Upgrade, close\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
          "OPTIONS * HTTP/1.0\r\n\r\n",
          "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\nGET / HTTP/1.1\r\nHost: a.example\r\n\r\n");

  @TempDir Path directory;
  private GatewayFixture fixture;

  @BeforeEach
  void start() throws Exception {
    fixture = new GatewayFixture(directory, Duration.ofSeconds(5));
    fixture.publish("shop/web:http", 80, fixture.server("web"));
    fixture.client.put(
        Resources.INGRESSES,
        KubeObject.parse(
            """
            {"apiVersion":"networking.k8s.io/v1","kind":"Ingress",
             "metadata":{"name":"i","namespace":"shop"},
             "spec":{"ingressClassName":"coracle","rules":[{"host":"a.example","http":{"paths":[{"path":"/shop",
              "pathType":"Prefix","backend":{"service":{"name":"web","port":{"name":"http"}}}}]}}]}}\
            """));
    fixture.start();
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> fixture.get("a.example", "/shop").startsWith("200 web /shop"));
  }

  @AfterEach
  void close() throws Exception {
    fixture.close();
  }

  @Test
  void noRequestIsTheGatewaysFault() throws Exception {
    List<byte[]> right = RIGHT.stream().map(IngressRequestsFuzz::bytes).toList();
    List<byte[]> words =
        List.of(
            bytes("\r\n"),
            bytes("\r\n\r\n"),
            bytes("Host: "),
            bytes("%"),
            bytes("%zz"),
            bytes(":"),
            bytes("["),
            bytes("Content-Length: -1\r\n"),
            bytes("X-Forwarded-For: "),
            bytes("/.."));
    Mutator mutator = new Mutator(new SplittableRandom(SEED), right, words);
    for (int i = 0; i < REQUESTS; i++) {
      byte[] request = i < right.size() ? right.get(i) : mutator.next();
      String answer = send(request);
      Matcher status = STATUS.matcher(answer);
      while (status.find()) {
        assertThat(Integer.parseInt(status.group(1)))
            .as("seed %d, request %d: %s", SEED, i, new String(request, StandardCharsets.UTF_8))
            .isNotEqualTo(500);
      }
    }
    assertThat(fixture.get("a.example", "/shop")).startsWith("200 web /shop");
  }

  /** The client ends its side, so that a request that has no end has one. */
  private String send(byte[] request) throws IOException {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress("127.0.0.1", fixture.gateway.httpPort()), MILLIS);
      socket.setSoTimeout(MILLIS);
      try {
        socket.getOutputStream().write(request);
        socket.shutdownOutput();
        return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
      } catch (SocketException e) {
        return ""; // Closed before all of it was read.
      }
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }
}
