package dev.coracle.kubelet.server.internal.http;

import dev.coracle.kubelet.server.internal.logs.GzipSink;
import dev.coracle.kubelet.server.internal.nodelogs.NodeLogFiles;
import dev.coracle.kubelet.server.internal.nodelogs.NodeLogQuery;
import dev.coracle.kubelet.server.internal.nodelogs.ServiceLogs;
import io.netty.handler.codec.http.QueryStringDecoder;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import java.nio.file.NoSuchFileException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code GET /logs/…}: files and directories of the node's logs, and where it is switched on what
 * services have logged ({@code /logs/?query=kubelet}, KEP-2258). Files are opened on worker
 * threads, logs of services written by one virtual thread each.
 */
final class NodeLogsHandler implements Handler<RoutingContext> {
  private static final Logger log = LoggerFactory.getLogger(NodeLogsHandler.class);

  /** As upstream. */
  private static final Duration LONGEST = Duration.ofSeconds(30);

  private static final int MOST_AT_ONCE = 16;

  private final Vertx vertx;
  private final NodeLogFiles files;
  private final Optional<ServiceLogs> services;
  private final StreamSlots slots = new StreamSlots(MOST_AT_ONCE);
  private final ScheduledExecutorService timer;

  /**
   * @param journalctl the program that reads the journal; empty: questions are not answered
   */
  NodeLogsHandler(Vertx vertx, NodeLogFiles files, Optional<List<String>> journalctl) {
    this.vertx = vertx;
    this.files = files;
    this.timer =
        Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("kubelet-node-logs").factory());
    this.services = journalctl.map(j -> new ServiceLogs(files, j, LONGEST, timer));
  }

  void close() {
    timer.shutdownNow();
  }

  @Override
  public void handle(RoutingContext rc) {
    String path = path(rc);
    Optional<NodeLogQuery> asked;
    try {
      asked =
          services.isEmpty() ? Optional.empty() : NodeLogQuery.parse(rc.request().params()::getAll);
    } catch (NodeLogQuery.Invalid e) {
      Replies.text(rc, 400, e.getMessage() + "\n");
      return;
    }
    if (asked.isEmpty()) {
      file(rc, path, path);
    } else if (!path.isEmpty()) {
      Replies.text(rc, 406, "path not allowed in query mode\n");
    } else {
      answer(rc, asked.get());
    }
  }

  /** What comes after {@code /logs/}, decoded. */
  private static String path(RoutingContext rc) {
    String sent = Objects.requireNonNullElse(rc.request().path(), "");
    String all = QueryStringDecoder.decodeComponent(sent.replace("+", "%2B"));
    return all.replaceFirst("^/logs/*", "");
  }

  private void answer(RoutingContext rc, NodeLogQuery asked) {
    vertx
        .executeBlocking(
            () -> {
              asked.validate(files);
              return asked;
            },
            false)
        .onSuccess(query ->
            query.file().ifPresentOrElse(file -> file(rc, file, ""), () -> stream(rc, query)))
        .onFailure(e -> {
          boolean invalid = e instanceof NodeLogQuery.Invalid;
          Replies.text(rc, invalid ? 406 : 500, Replies.message(e) + "\n");
        });
  }

  private void stream(RoutingContext rc, NodeLogQuery query) {
    if (!slots.take(rc)) {
      return;
    }
    Context context = vertx.getOrCreateContext();
    HttpServerResponse response = rc.response();
    response.setChunked(true).putHeader("Content-Type", "text/plain;charset=UTF-8");
    // Upstream compresses for who names this alone.
    boolean compressed = "gzip".equals(rc.request().getHeader("Accept-Encoding"));
    if (compressed) {
      response.putHeader("Content-Encoding", "gzip");
    }
    ResponseSink sink = new ResponseSink(context, response);
    response.exceptionHandler(t -> log.atDebug().setCause(t).log("Log client has gone"));
    response.closeHandler(_ -> sink.close());
    Thread.ofVirtual()
        .name("kubelet-log-query")
        .start(() -> {
          try {
            if (compressed) {
              GzipSink gzip = new GzipSink(sink);
              services.orElseThrow().write(query, gzip);
              gzip.finish();
            } else {
              services.orElseThrow().write(query, sink);
            }
          } catch (Exception e) {
            log.atDebug().setCause(e).log("A query of logs ended early");
          } finally {
            slots.release();
            context.runOnContext(_ -> end(response));
          }
        });
  }

  private static void end(HttpServerResponse response) {
    if (!response.ended() && !response.closed()) {
      response.end();
    }
  }

  /**
   * @param asked the path that the client went by, which relative links of a listing start from
   */
  private void file(RoutingContext rc, String name, String asked) {
    vertx
        .executeBlocking(() -> files.open(name), false)
        .compose(opened ->
            (opened.isDirectory() ? directory(rc, opened, asked) : content(rc, opened, name))
                .onComplete(_ -> opened.close()))
        .onFailure(e -> {
          if (e instanceof NoSuchFileException || !rc.response().headWritten()) {
            Replies.text(rc, e instanceof NoSuchFileException ? 404 : 500, words(e));
          }
        });
  }

  private static String words(Throwable e) {
    return e instanceof NoSuchFileException
        ? "404 page not found\n"
        : "the file cannot be read: " + Replies.message(e) + "\n";
  }

  private Future<Void> content(RoutingContext rc, NodeLogFiles.Opened file, String name) {
    HttpServerResponse response = rc.response();
    response
        .putHeader(
            "Content-Type", name.endsWith(".gz") ? "application/gzip" : "text/plain; charset=utf-8")
        .putHeader("X-Content-Type-Options", "nosniff")
        .putHeader("Accept-Ranges", "bytes");
    Optional<ByteRange> range = ByteRange.of(rc.request().getHeader("Range"), file.size());
    range.ifPresent(r ->
        response
            .setStatusCode(206)
            .putHeader("Content-Range", "bytes " + r.from() + "-" + r.last() + "/" + file.size()));
    long from = range.map(ByteRange::from).orElse(0L);
    return response.sendFile(
        file.path().toString(), from, range.map(r -> r.last() - from + 1).orElse(file.size()));
  }

  /** As Go's server of files shows it. */
  private Future<Void> directory(RoutingContext rc, NodeLogFiles.Opened opened, String asked) {
    if (!asked.isEmpty() && !asked.endsWith("/")) {
      rc.response().setStatusCode(301).putHeader("Location", last(asked) + "/");
      return rc.response().end();
    }
    return vertx
        .executeBlocking(opened::names, false)
        .compose(names -> {
          StringBuilder page =
              new StringBuilder("<!doctype html>\n<meta name=\"viewport\"")
                  .append(" content=\"width=device-width\">\n<pre>\n");
          for (String name : Objects.requireNonNull(names)) {
            page.append("<a href=\"")
                .append(ListedName.link(name))
                .append("\">")
                .append(ListedName.text(name))
                .append("</a>\n");
          }
          return rc.response()
              .putHeader("Content-Type", "text/html; charset=utf-8")
              .end(page.append("</pre>\n").toString());
        });
  }

  private static String last(String path) {
    return ListedName.link(path.substring(path.lastIndexOf('/') + 1));
  }
}
