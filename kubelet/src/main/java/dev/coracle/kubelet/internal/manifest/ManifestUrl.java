package dev.coracle.kubelet.internal.manifest;

import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.kubelet.config.StaticPodUrl;
import dev.coracle.kubelet.internal.host.Timers;
import java.io.IOException;
import java.net.ConnectException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Manifests that a web server gives, a Pod or a PodList (Kubernetes docs, "Web-hosted static pod
 * manifest"), asked for now and then, on a virtual thread. While it gives no such answer, what it
 * gave before stays.
 */
final class ManifestUrl implements ManifestSource {
  private static final Logger LOG = LoggerFactory.getLogger(ManifestUrl.class);

  /** How long an answer may take, upstream too. */
  static final Duration LIMIT = Duration.ofSeconds(10);

  private final StaticPodUrl from;
  private final ManifestReader reader;
  private final StaticPodSet pods;
  private final Timers timers;
  private final Duration limit;
  private final Runnable answered;
  private final HttpClient http;
  private Timers.@Nullable Handle timer;
  private byte[] last = {};
  private String trouble = "";
  private volatile boolean synced;

  /**
   * @param answered is run once, when the first pods were told
   */
  ManifestUrl(
      StaticPodUrl from,
      ManifestReader reader,
      StaticPodSet pods,
      Timers timers,
      Duration limit,
      Runnable answered) {
    this.from = from;
    this.limit = limit;
    this.answered = answered;
    this.reader = reader;
    this.pods = pods;
    this.timers = timers;
    this.http =
        HttpClient.newBuilder()
            .connectTimeout(limit)
            .followRedirects(HttpClient.Redirect.NORMAL)
            .executor(timers)
            .build();
  }

  @Override
  public void start() {
    timer = timers.every(Duration.ZERO, from.every(), this::look);
  }

  @Override
  public boolean hasSynced() {
    return synced;
  }

  private void look() {
    try {
      byte[] bytes = get();
      if (!Arrays.equals(bytes, last)) {
        Map<String, KubeObject> now = new HashMap<>();
        for (KubeObject pod : reader.pods(bytes, Kind.HTTP, from.url().toString())) {
          if (now.putIfAbsent(from.url() + "#" + pod.key(), pod) != null) {
            throw new IllegalArgumentException("duplicate pod name " + pod.key());
          }
        }
        pods.found(Kind.HTTP, now);
        last = bytes;
      }
      trouble = "";
      if (!synced) {
        synced = true;
        answered.run();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException | StatusException | IllegalArgumentException e) {
      tell(String.valueOf(e.getMessage()));
    }
  }

  /** Once for each reason: a server that is away is asked for hours. */
  private void tell(String why) {
    if (!why.equals(trouble)) {
      trouble = why;
      LOG.atWarn()
          .addKeyValue("url", from.url())
          .addKeyValue("why", why)
          .log("Failed to read pods from URL");
    }
  }

  /** Bounded in bytes, and in time to the last of them. */
  private byte[] get() throws IOException, InterruptedException {
    HttpRequest.Builder request = HttpRequest.newBuilder(from.url());
    from.headers().forEach((name, values) -> values.forEach(v -> request.header(name, v)));
    CompletableFuture<HttpResponse<byte[]>> sent =
        http.sendAsync(
            request.build(),
            HttpResponse.BodyHandlers.limiting(
                HttpResponse.BodyHandlers.ofByteArray(), ManifestReader.MOST_BYTES));
    try {
      HttpResponse<byte[]> answer = sent.get(limit.toMillis(), TimeUnit.MILLISECONDS);
      if (answer.statusCode() != 200) {
        throw new IOException(from.url() + ": " + answer.statusCode());
      }
      if (answer.body().length == 0) {
        throw new IOException("zero-length data received from " + from.url());
      }
      return answer.body();
    } catch (TimeoutException e) {
      sent.cancel(true);
      throw new IOException("no whole answer within " + limit.toMillis() + " ms", e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof ConnectException) {
        throw new IOException("nobody listens at " + from.url().getAuthority(), e);
      }
      throw new IOException(String.valueOf(e.getCause()), e);
    }
  }

  @Override
  public void close() {
    if (timer != null) {
      timer.cancel();
    }
    http.shutdownNow();
  }
}
