package dev.coracle.dashboard.fake;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** Container logs and those who follow them; thread-safe. */
public final class FakeLogs {
  private record Follower(Vertx vertx, HttpServerResponse response) {
    void send(String line) {
      vertx.runOnContext(ignored -> {
        if (!response.closed() && !response.ended()) {
          response.write(line + "\n");
        }
      });
    }
  }

  private final Map<String, List<String>> lines = new ConcurrentHashMap<>();
  private final Map<String, List<Follower>> followers = new ConcurrentHashMap<>();

  /** Adds a line to a container's log; {@code "previous"} in the id is the run before. */
  public synchronized void append(String id, String line) {
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
    List<String> all = lines.getOrDefault(id, List.of());
    int tail = Integer.parseInt(FakeApiServer.param(request, "tailLines", "1000000"));
    HttpServerResponse response = request.response();
    response.setChunked(true).putHeader("Content-Type", "text/plain");
    response.writeHead();
    for (String line : all.subList(Math.max(0, all.size() - tail), all.size())) {
      response.write(line + "\n");
    }
    if ("true".equals(request.getParam("follow"))) {
      Follower follower = new Follower(vertx, response);
      List<Follower> mine = followers.computeIfAbsent(id, ignored -> new CopyOnWriteArrayList<>());
      mine.add(follower);
      response.closeHandler(ignored -> mine.remove(follower));
      response.exceptionHandler(ignored -> mine.remove(follower));
    } else {
      response.end();
    }
  }
}
