package dev.coracle.system.conformance;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/** A watch whose events are read in the background and taken one by one. */
final class Watcher implements AutoCloseable {

  private static final Duration LIMIT = Duration.ofSeconds(90);

  private final BlockingQueue<JsonNode> events = new LinkedBlockingQueue<>();
  private final InputStream body;
  private final Thread reader;

  Watcher(Api api, String path) {
    HttpResponse<InputStream> response = api.stream(path);
    body = response.body();
    reader = Thread.ofVirtual().start(this::read);
  }

  private void read() {
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(body, StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        events.add(Json.parse(line));
      }
    } catch (IOException e) {
      // Closed by the test, which is how a watch ends.
    }
  }

  /** The next event. */
  JsonNode next() {
    return next(_ -> true);
  }

  /** The next event that satisfies this; others before it are dropped. */
  JsonNode next(Predicate<JsonNode> wanted) {
    List<String> seen = new ArrayList<>();
    long deadline = System.nanoTime() + LIMIT.toNanos();
    try {
      while (true) {
        JsonNode event = events.poll(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
        if (event == null) {
          throw new AssertionError("no such event; there were " + seen);
        }
        if (wanted.test(event)) {
          return event;
        }
        seen.add(event.path("type").asText() + " " + event.at("/object/metadata/name").asText());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }

  JsonNode next(String type) {
    return next(e -> e.path("type").asText().equals(type));
  }

  /** The next event but bookmarks is of this type and of the object of this name. */
  JsonNode expect(String type, String name) {
    JsonNode event = next(e -> !e.path("type").asText().equals("BOOKMARK"));
    if (!event.path("type").asText().equals(type)
        || !event.at("/object/metadata/name").asText().equals(name)) {
      throw new AssertionError("expected " + type + " of " + name + ", not " + event);
    }
    return event;
  }

  /** What comes until the server ends the watch. */
  List<JsonNode> rest() {
    try {
      reader.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
    List<JsonNode> out = new ArrayList<>();
    events.drainTo(out);
    return out;
  }

  @Override
  public void close() {
    try {
      body.close();
    } catch (IOException e) {
      // It is over anyway.
    }
  }
}
