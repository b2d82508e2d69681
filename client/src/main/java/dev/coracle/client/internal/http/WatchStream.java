package dev.coracle.client.internal.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Status;
import dev.coracle.api.StatusException;
import dev.coracle.api.WatchEvent;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientResponse;
import java.util.ArrayDeque;
import java.util.concurrent.Flow;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One watch over HTTP: bytes to lines to events, as many as were asked for. While events wait that
 * nobody asked for, the response is paused, so at most one read's worth of events is held here.
 * Guarded by its lock; the subscriber is called outside it, one call at a time.
 */
public final class WatchStream implements Flow.Subscription {

  private static final int LONGEST_LINE = 32 << 20;
  private static final String INITIAL_EVENTS_END = "k8s.io/initial-events-end";

  private final Flow.Subscriber<? super WatchEvent> subscriber;
  private final ArrayDeque<WatchEvent> events = new ArrayDeque<>();
  private Buffer rest = Buffer.buffer();
  private @Nullable HttpClientResponse response;
  private long asked;
  private boolean draining;
  private boolean ended;
  private @Nullable Throwable failure;
  private boolean finished;

  private WatchStream(Flow.Subscriber<? super WatchEvent> subscriber) {
    this.subscriber = subscriber;
  }

  /** A publisher that sends the request for every subscriber. */
  public static Flow.Publisher<WatchEvent> publisher(Supplier<Future<HttpClientResponse>> request) {
    return subscriber -> {
      WatchStream stream = new WatchStream(subscriber);
      subscriber.onSubscribe(stream);
      request.get().onComplete(stream::opened, stream::end);
    };
  }

  private void opened(HttpClientResponse opened) {
    synchronized (this) {
      if (finished) {
        opened.request().reset();
        return;
      }
      response = opened;
      opened.handler(this::bytes);
      opened.endHandler(_ -> end(null));
      opened.exceptionHandler(this::end);
    }
    opened.resume();
  }

  private void bytes(Buffer chunk) {
    synchronized (this) {
      Buffer all = rest.length() == 0 ? chunk : rest.appendBuffer(chunk);
      int start = 0;
      try {
        for (int i = rest.length() == 0 ? 0 : Math.max(0, all.length() - chunk.length());
            i < all.length();
            i++) {
          if (all.getByte(i) == '\n') {
            if (i > start) {
              events.add(event(all.getBytes(start, i)));
            }
            start = i + 1;
          }
        }
        rest = start == 0 && all != chunk ? all : Buffer.buffer(all.getBytes(start, all.length()));
        if (rest.length() > LONGEST_LINE) {
          throw StatusException.internal("a watch event is longer than 32 MiB");
        }
      } catch (StatusException e) {
        failure = e;
        ended = true;
      }
      if (response != null && events.size() > asked) {
        response.pause();
      }
    }
    drain();
  }

  /** One line of a watch; what is none is a {@link StatusException}. */
  static WatchEvent event(byte[] line) {
    ObjectNode tree = Json.parseObject(line);
    if (!(tree.get("object") instanceof ObjectNode object)) {
      throw StatusException.internal("a watch event without an object");
    }
    return switch (tree.path("type").asText("")) {
      case "ADDED" -> new WatchEvent.Added(KubeObject.of(object));
      case "MODIFIED" -> new WatchEvent.Modified(KubeObject.of(object));
      case "DELETED" -> new WatchEvent.Deleted(KubeObject.of(object));
      case "BOOKMARK" ->
          new WatchEvent.Bookmark(
              object.path("metadata").path("resourceVersion").asText(""),
              "true"
                  .equals(
                      object
                          .path("metadata")
                          .path("annotations")
                          .path(INITIAL_EVENTS_END)
                          .asText("")));
      case "ERROR" -> new WatchEvent.Failed(Status.of(object));
      default -> throw StatusException.internal("unknown watch event " + tree.path("type"));
    };
  }

  private void end(@Nullable Throwable why) {
    synchronized (this) {
      if (ended) {
        return;
      }
      ended = true;
      // A connection that breaks ends the watch; whoever watches goes on from the last revision.
      failure = why instanceof StatusException || response == null ? why : null;
    }
    drain();
  }

  @Override
  public void request(long n) {
    synchronized (this) {
      asked = asked + n < 0 ? Long.MAX_VALUE : asked + n;
    }
    drain();
  }

  @Override
  public void cancel() {
    HttpClientResponse open;
    synchronized (this) {
      finished = true;
      events.clear();
      open = response;
      response = null;
    }
    if (open != null) {
      open.request().reset();
    }
  }

  private void drain() {
    synchronized (this) {
      if (draining) {
        return;
      }
      draining = true;
    }
    while (true) {
      WatchEvent next = null;
      Throwable why;
      boolean complete = false;
      HttpClientResponse resume = null;
      synchronized (this) {
        if (finished) {
          draining = false;
          return;
        }
        if (!events.isEmpty() && asked > 0) {
          next = events.poll();
          if (asked != Long.MAX_VALUE) {
            asked--;
          }
        } else if (events.isEmpty() && ended) {
          finished = true;
          complete = true;
          draining = false;
        } else {
          draining = false;
          resume = events.isEmpty() && asked > 0 ? response : null;
        }
        why = failure;
      }
      if (next != null) {
        subscriber.onNext(next);
        continue;
      }
      if (resume != null) {
        resume.resume();
      } else if (complete) {
        if (why == null) {
          subscriber.onComplete();
        } else {
          subscriber.onError(why);
        }
      }
      return;
    }
  }
}
