package dev.coracle.apiserver.internal.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.api.WatchEvent;
import dev.coracle.apiserver.internal.WatchMeters;
import dev.coracle.apiserver.internal.http.Negotiation.Form;
import dev.coracle.apiserver.internal.protobuf.ProtobufWriter;
import dev.coracle.apiserver.internal.registry.ResourceType;
import io.netty.buffer.Unpooled;
import io.smallrye.mutiny.Multi;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.internal.buffer.BufferInternal;
import io.vertx.core.streams.WriteStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.concurrent.Flow;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Writes a watch as a stream of frames, JSON or protobuf. Asks the store for a few events more only
 * while the socket takes them, and encodes none for a socket that does not: so a slow client lags
 * in the store's bounded history, and here costs what its socket's queue holds and at most {@link
 * #WINDOW} references to shared events. All state belongs to the request's context.
 */
final class WatchWriter implements Flow.Subscriber<WatchEvent> {

  private static final int WINDOW = 16;
  private static final byte[] TYPE = "{\"type\":\"".getBytes(StandardCharsets.UTF_8);
  private static final byte[] OBJECT = "\",\"object\":".getBytes(StandardCharsets.UTF_8);
  private static final byte[] END = "}\n".getBytes(StandardCharsets.UTF_8);

  private final Vertx vertx;
  private final Context context;
  private final Exchange exchange;
  private final EventStream stream;
  private final ResourceType type;
  private final Form form;
  private final Function<KubeObject, byte[]> encode;
  private final WatchMeters.Watched meters;
  private Flow.@Nullable Subscription subscription;
  private @Nullable WriteStream<Buffer> out;
  private final ArrayDeque<WatchEvent> held = new ArrayDeque<>();
  private int outstanding;
  private boolean complete;
  private boolean ended;
  private boolean started;
  private long timer = -1;

  WatchWriter(
      Vertx vertx,
      Exchange exchange,
      ResourceType type,
      Form form,
      Function<KubeObject, byte[]> encode,
      WatchMeters.Watched meters) {
    this.vertx = vertx;
    this.context = vertx.getOrCreateContext();
    this.exchange = exchange;
    this.stream =
        EventStream.of(
            exchange,
            form == Form.PROTOBUF ? form.mediaType() + ";stream=watch" : Form.JSON.mediaType(),
            form == Form.PROTOBUF);
    this.type = type;
    this.form = form;
    this.encode = encode;
    this.meters = meters;
  }

  /** Begins the stream; it ends after so many seconds. */
  void run(Multi<WatchEvent> events, long timeoutMillis) {
    timer = vertx.setTimer(timeoutMillis, _ -> end());
    exchange.watching(() -> context.runOnContext(_ -> end()));
    events.subscribe().withSubscriber(this);
  }

  @Override
  public void onSubscribe(Flow.Subscription s) {
    context.runOnContext(_ -> {
      subscription = s;
      if (ended) {
        s.cancel();
      } else {
        outstanding = WINDOW;
        s.request(WINDOW);
        // At once: clients wait for the head even when nothing happens.
        start();
      }
    });
  }

  private void start() {
    if (!started && !ended) {
      started = true;
      stream.begin(_ -> end()).onSuccess(this::begun).onFailure(_ -> end());
    }
  }

  private void begun(WriteStream<Buffer> writable) {
    out = writable;
    writable.exceptionHandler(_ -> end());
    writable.drainHandler(_ -> drain());
    drain();
  }

  private boolean isFull() {
    return out == null || out.writeQueueFull();
  }

  @Override
  public void onNext(WatchEvent event) {
    context.runOnContext(_ -> next(event));
  }

  private void next(WatchEvent event) {
    if (ended) {
      return;
    }
    start();
    outstanding--;
    if (held.isEmpty() && !isFull()) {
      write(event);
    } else {
      held.add(event);
    }
  }

  /** The socket takes more again. */
  private void drain() {
    while (!ended && !held.isEmpty() && !isFull()) {
      write(held.remove());
    }
    if (complete && held.isEmpty()) {
      end();
    }
    askForMore();
  }

  private void write(WatchEvent event) {
    send(event);
    if (event instanceof WatchEvent.Failed) {
      end();
    } else {
      askForMore();
    }
  }

  private void send(WatchEvent event) {
    if (out != null) {
      Buffer frame = frame(event);
      out.write(frame);
      meters.sent(frame.length());
    }
    if (event instanceof WatchEvent.Bookmark bookmark && bookmark.initialEventsEnd()) {
      meters.listed(System.nanoTime() - exchange.startNanos());
      exchange.initialEventsTold();
    }
  }

  private void askForMore() {
    int wanted = WINDOW - outstanding - held.size();
    if (!ended && subscription != null && wanted > WINDOW / 2 && !isFull()) {
      outstanding += wanted;
      subscription.request(wanted);
    }
  }

  private Buffer frame(WatchEvent event) {
    byte[] object =
        switch (event) {
          case WatchEvent.Added(KubeObject o) -> encode.apply(o);
          case WatchEvent.Modified(KubeObject o) -> encode.apply(o);
          case WatchEvent.Deleted(KubeObject o) -> encode.apply(o);
          case WatchEvent.Bookmark b -> encode.apply(bookmark(b));
          case WatchEvent.Failed(var status) ->
              form == Form.PROTOBUF
                  ? ProtobufWriter.tree(status.toJson()).orElseThrow()
                  : Json.bytes(status.toJson());
        };
    if (form == Form.PROTOBUF) {
      return Buffer.buffer(ProtobufWriter.frame(event.type(), object));
    }
    // The object's encoding is shared by all who watch it, and not copied here either.
    byte[] word = event.type().getBytes(StandardCharsets.US_ASCII);
    return BufferInternal.buffer(Unpooled.wrappedBuffer(TYPE, word, OBJECT, object, END));
  }

  private KubeObject bookmark(WatchEvent.Bookmark bookmark) {
    ObjectNode node = Json.object();
    node.put("kind", type.kind().kind()).put("apiVersion", type.kind().apiVersion());
    ObjectNode metadata = node.putObject("metadata");
    metadata.put("resourceVersion", bookmark.resourceVersion());
    if (bookmark.initialEventsEnd()) {
      metadata.putObject("annotations").put("k8s.io/initial-events-end", "true");
    }
    return KubeObject.of(node);
  }

  @Override
  public void onError(Throwable failure) {
    context.runOnContext(_ -> {
      if (ended) {
        return;
      }
      if (!started) {
        ended = true;
        vertx.cancelTimer(timer);
        exchange.request().resume();
        Responder.failure(exchange, failure);
        return;
      }
      StatusException status =
          failure instanceof StatusException s
              ? s
              : StatusException.internal(String.valueOf(failure.getMessage()));
      held.add(new WatchEvent.Failed(status.status()));
      drain();
    });
  }

  @Override
  public void onComplete() {
    context.runOnContext(_ -> {
      complete = true;
      drain();
    });
  }

  private void end() {
    if (ended) {
      return;
    }
    start();
    ended = true;
    vertx.cancelTimer(timer);
    if (subscription != null) {
      subscription.cancel();
    }
    stream.end();
  }
}
