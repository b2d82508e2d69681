package dev.coracle.system.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Json;
import java.io.ByteArrayOutputStream;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;

/** Runs a command in a container over a WebSocket, as {@code kubectl exec} does. */
final class Exec {

  /** What came on the three channels. */
  record Result(String out, String err, JsonNode status) {

    boolean succeeded() {
      return status.path("status").asText().equals("Success");
    }
  }

  private static final int STDOUT = 1;
  private static final int STDERR = 2;
  private static final int ERROR = 3;

  private Exec() {}

  static Result run(Space space, String pod, String container, String... command) {
    return run("v5.channel.k8s.io", space, pod, container, command);
  }

  /**
   * @param protocol of the WebSocket; with one before the fourth nothing tells how it ended
   */
  static Result run(String protocol, Space space, String pod, String container, String... command) {
    String query =
        List.of(command).stream()
            .map(c -> "command=" + Space.encode(c))
            .collect(Collectors.joining("&", "stdout=true&stderr=true&", ""));
    if (!container.isEmpty()) {
      query += "&container=" + container;
    }
    Channels channels = new Channels();
    try {
      space
          .api()
          .webSocket(space.path("pods", pod) + "/exec?" + query, protocol, channels)
          .get(30, TimeUnit.SECONDS);
      return channels.end.get(60, TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException e) {
      throw new AssertionError("exec in " + pod + ": " + String.join(" ", command), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }

  /** All that a WebSocket without channels gives, such as a log's. */
  static String text(Space space, String path, String protocol) {
    CompletableFuture<String> whole = new CompletableFuture<>();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    WebSocket.Listener listener =
        new WebSocket.Listener() {
          @Override
          public CompletionStage<?> onBinary(WebSocket socket, ByteBuffer data, boolean isLast) {
            byte[] some = new byte[data.remaining()];
            data.get(some);
            bytes.writeBytes(some);
            socket.request(1);
            return CompletableFuture.completedFuture(null);
          }

          @Override
          public CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
            whole.complete(bytes.toString(StandardCharsets.UTF_8));
            return CompletableFuture.completedFuture(null);
          }

          @Override
          public void onError(WebSocket socket, Throwable error) {
            whole.completeExceptionally(error);
          }
        };
    try {
      space.api().webSocket(path, protocol, listener).get(30, TimeUnit.SECONDS);
      return whole.get(30, TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException e) {
      throw new AssertionError("WebSocket " + path, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }

  /** Runs a shell's line, demands success and gives what it printed. */
  static String shell(Space space, String pod, String line) {
    return shell(space, pod, "", line);
  }

  static String shell(Space space, String pod, String container, String line) {
    Result result = run(space, pod, container, "sh", "-c", line);
    assertThat(result.succeeded())
        .as(line + ": " + result.out() + result.err() + result.status())
        .isTrue();
    return result.out();
  }

  private static final class Channels implements WebSocket.Listener {

    private final ByteArrayOutputStream[] texts = {
      new ByteArrayOutputStream(), new ByteArrayOutputStream(),
      new ByteArrayOutputStream(), new ByteArrayOutputStream()
    };
    private final ByteArrayOutputStream message = new ByteArrayOutputStream();
    private final CompletableFuture<Result> end = new CompletableFuture<>();

    @Override
    public CompletionStage<?> onBinary(WebSocket socket, ByteBuffer data, boolean isLast) {
      byte[] bytes = new byte[data.remaining()];
      data.get(bytes);
      message.writeBytes(bytes);
      if (isLast) {
        byte[] whole = message.toByteArray();
        message.reset();
        if (whole.length > 1 && whole[0] < texts.length) {
          texts[whole[0]].write(whole, 1, whole.length - 1);
        }
      }
      socket.request(1);
      return CompletableFuture.completedFuture(null);
    }

    @Override
    public CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
      String status = text(ERROR);
      end.complete(
          new Result(
              text(STDOUT), text(STDERR), status.isEmpty() ? Json.object() : Json.parse(status)));
      return CompletableFuture.completedFuture(null);
    }

    @Override
    public void onError(WebSocket socket, Throwable error) {
      end.completeExceptionally(error);
    }

    private String text(int channel) {
      return texts[channel].toString(StandardCharsets.UTF_8);
    }
  }
}
