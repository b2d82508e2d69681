package dev.coracle.dashboard.fake;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** Container logs and those who follow them; thread-safe. */
public final class FakeLogs {
  private record Line(Instant at, String text) {
    String as(boolean timestamps) {
      return timestamps ? at + " " + text : text;
    }
  }

  private record Follower(Vertx vertx, HttpServerResponse response, boolean timestamps) {
    void send(Line added) {
      String line = added.as(timestamps);
      vertx.runOnContext(ignored -> {
        if (!response.closed() && !response.ended()) {
          response.write(line + "\n");
        }
      });
    }
  }

  private final Map<String, List<Line>> lines = new ConcurrentHashMap<>();
  private final Map<String, List<Follower>> followers = new ConcurrentHashMap<>();

  /** Adds a line to a container's log; {@code "previous"} in the id is the run before. */
  public void append(String id, String line) {
    append(id, Instant.now(), line);
  }

  /** As {@link #append(String, String)}, with its time. */
  public synchronized void append(String id, Instant at, String text) {
    Line line = new Line(at, text);
    lines.computeIfAbsent(id, ignored -> new ArrayList<>()).add(line);
    followers.getOrDefault(id, List.of()).forEach(follower -> follower.send(line));
  }

  synchronized void serve(Vertx vertx, HttpServerRequest request, FakePath path) {
    boolean previous = "true".equals(request.getParam("previous"));
    String id =
        path.namespace()
            + "/"
            + path.name()
            + "/"
            + FakeApiServer.param(request, "container", "")
            + (previous ? "/previous" : "");
    boolean timestamps = "true".equals(request.getParam("timestamps"));
    Instant since =
        Instant.parse(FakeApiServer.param(request, "sinceTime", Instant.MIN.toString()));
    List<Line> all =
        lines.getOrDefault(id, List.of()).stream()
            .filter(line -> !line.at().isBefore(since))
            .toList();
    int tail = Integer.parseInt(FakeApiServer.param(request, "tailLines", "1000000"));
    HttpServerResponse response = request.response();
    response.setChunked(true).putHeader("Content-Type", "text/plain");
    response.writeHead();
    for (Line line : all.subList(Math.max(0, all.size() - tail), all.size())) {
      response.write(line.as(timestamps) + "\n");
    }
    if ("true".equals(request.getParam("follow"))) {
      Follower follower = new Follower(vertx, response, timestamps);
      List<Follower> mine = followers.computeIfAbsent(id, ignored -> new CopyOnWriteArrayList<>());
      mine.add(follower);
      response.closeHandler(ignored -> mine.remove(follower));
      response.exceptionHandler(ignored -> mine.remove(follower));
    } else {
      response.end();
    }
  }
}
