package dev.coracle.logs.internal.sink;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.client.net.BoundedBody;
import dev.coracle.logs.LogEntry;
import dev.coracle.logs.LogMetrics;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ships entries by the bulk API that Elasticsearch and OpenSearch share: {@code POST /_bulk} with
 * {@code create} actions into the index {@code coracle-logs-YYYY.MM.DD}, fields in the words of
 * Filebeat's Kubernetes metadata. One request is under way at a time; what it does not accept is
 * sent again, and while the queue is full further entries are counted and dropped. Belongs to one
 * event loop; {@link #offer} may be called from any thread.
 */
public final class BulkSink {

  private static final Logger LOG = LoggerFactory.getLogger(BulkSink.class);
  private static final int CAPACITY = 20_000;
  private static final int BATCH = 1000;
  private static final int TIMEOUT_SECONDS = 30;

  /** An answer has some hundred bytes for each entry, and what was wrong with it. */
  private static final int MOST_BYTES = 16 << 20;

  private final Vertx vertx;
  private final Context context;
  private final HttpClient client;
  private final URI server;
  private final Duration pause;
  private final LogMetrics metrics;
  private final Queue<LogEntry> waiting = new ArrayDeque<>();
  private boolean busy;
  private boolean closed;
  private boolean silent;

  /**
   * @param server its root, with a user and a password where it asks for them
   */
  public BulkSink(Vertx vertx, URI server, Duration pause, LogMetrics metrics) {
    this.vertx = vertx;
    this.context = vertx.getOrCreateContext();
    this.client = vertx.createHttpClient();
    this.server = server;
    this.pause = pause;
    this.metrics = metrics;
  }

  /** Takes these entries for shipping. */
  public void offer(List<LogEntry> entries) {
    context.runOnContext(_ -> {
      for (LogEntry entry : entries) {
        if (waiting.size() >= CAPACITY) {
          metrics.dropped();
        } else {
          waiting.add(entry);
        }
      }
      next();
    });
  }

  public Future<Void> close() {
    closed = true;
    return client.close();
  }

  private void next() {
    if (busy || closed || waiting.isEmpty()) {
      return;
    }
    busy = true;
    List<LogEntry> batch = new ArrayList<>();
    while (batch.size() < BATCH && !waiting.isEmpty()) {
      batch.add(waiting.remove());
    }
    ship(batch);
  }

  private void ship(List<LogEntry> batch) {
    post(body(batch), batch.size())
        .onSuccess(left -> {
          silent = false;
          metrics.shipped(batch.size() - left.size());
          if (left.isEmpty()) {
            busy = false;
            next();
          } else {
            again(left.stream().map(batch::get).toList());
          }
        })
        .onFailure(failure -> {
          if (!silent) {
            silent = true;
            LOG.atWarn()
                .addKeyValue("server", server.getHost() + ":" + server.getPort())
                .addKeyValue("cause", failure.getMessage())
                .log("Logs cannot be shipped; trying again");
          }
          again(batch);
        });
  }

  private void again(List<LogEntry> batch) {
    if (!closed) {
      vertx.setTimer(pause.toMillis(), _ -> ship(batch));
    }
  }

  /** As {@link BulkAnswer#refused}. */
  private Future<List<Integer>> post(Buffer body, int size) {
    RequestOptions request =
        new RequestOptions()
            .setMethod(HttpMethod.POST)
            .setAbsoluteURI(root() + "/_bulk")
            .putHeader("Content-Type", "application/x-ndjson");
    if (server.getUserInfo() != null) {
      request.putHeader(
          "Authorization",
          "Basic "
              + Base64.getEncoder()
                  .encodeToString(server.getUserInfo().getBytes(StandardCharsets.UTF_8)));
    }
    return client
        .request(request)
        .compose(r -> r.send(body).compose(answer -> BoundedBody.whole(answer, MOST_BYTES)))
        .timeout(TIMEOUT_SECONDS, TimeUnit.SECONDS)
        .map(answer -> BulkAnswer.refused(answer.getBytes(), size));
  }

  private String root() {
    String port = server.getPort() < 0 ? "" : ":" + server.getPort();
    String path = server.getPath() == null ? "" : server.getPath().replaceFirst("/$", "");
    return server.getScheme() + "://" + server.getHost() + port + path;
  }

  private static Buffer body(List<LogEntry> batch) {
    Buffer body = Buffer.buffer();
    for (LogEntry entry : batch) {
      String day = entry.time().substring(0, 10).replace('-', '.');
      body.appendString("{\"create\":{\"_index\":\"coracle-logs-" + day + "\"}}\n");
      body.appendString(document(entry) + "\n");
    }
    return body;
  }

  private static ObjectNode document(LogEntry entry) {
    ObjectNode document = Json.object();
    document.put("@timestamp", entry.time()).put("message", entry.message());
    document.put("stream", entry.output());
    ObjectNode kubernetes = document.putObject("kubernetes");
    kubernetes.put("namespace", entry.stream().namespace());
    kubernetes.putObject("pod").put("name", entry.stream().pod()).put("uid", entry.stream().uid());
    kubernetes.putObject("container").put("name", entry.stream().container());
    kubernetes.putObject("node").put("name", entry.stream().node());
    ObjectNode labels = kubernetes.putObject("labels");
    entry.stream().labels().forEach((name, value) -> labels.put(name.replace('.', '_'), value));
    return document;
  }
}
