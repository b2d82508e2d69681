package dev.coracle.watchhub;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.KubeObject;
import dev.coracle.api.WatchEvent;
import io.smallrye.mutiny.Multi;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Flow;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/** Subscribes to a hub's watch and writes down what comes. */
final class EventRecorder implements Flow.Subscriber<WatchEvent> {

  private final List<WatchEvent> events = new ArrayList<>();
  private final long initialDemand;
  private Flow.@Nullable Subscription subscription;
  private boolean completed;
  private @Nullable Throwable failure;

  EventRecorder(Multi<WatchEvent> watch, long initialDemand) {
    this.initialDemand = initialDemand;
    watch.subscribe(this);
  }

  @Override
  public void onSubscribe(Flow.Subscription s) {
    subscription = s;
    if (initialDemand > 0) {
      s.request(initialDemand);
    }
  }

  @Override
  public synchronized void onNext(WatchEvent event) {
    events.add(event);
  }

  @Override
  public synchronized void onError(Throwable why) {
    failure = why;
  }

  @Override
  public synchronized void onComplete() {
    completed = true;
  }

  void request(long n) {
    java.util.Objects.requireNonNull(subscription).request(n);
  }

  void cancel() {
    java.util.Objects.requireNonNull(subscription).cancel();
  }

  synchronized boolean completed() {
    return completed;
  }

  synchronized int size() {
    return events.size();
  }

  synchronized List<WatchEvent> events() {
    return List.copyOf(events);
  }

  void await(int count) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(10))
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(2))
        .until(() -> size() >= count || failure != null);
    assertThat(failure).isNull();
  }

  void awaitEnd() {
    Awaitility.await()
        .atMost(Duration.ofSeconds(10))
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(2))
        .until(this::completed);
  }

  void awaitMatching(String text) {
    Awaitility.await().atMost(Duration.ofSeconds(10)).until(() -> summary().contains(text));
  }

  List<KubeObject> objects() {
    return events().stream().map(EventRecorder::object).filter(java.util.Objects::nonNull).toList();
  }

  private static @Nullable KubeObject object(WatchEvent event) {
    return switch (event) {
      case WatchEvent.Added e -> e.object();
      case WatchEvent.Modified e -> e.object();
      case WatchEvent.Deleted e -> e.object();
      case WatchEvent.Bookmark _, WatchEvent.Failed _ -> null;
    };
  }

  List<String> summary() {
    return events().stream()
        .map(e ->
            switch (e) {
              case WatchEvent.Bookmark b ->
                  "BOOKMARK" + (b.initialEventsEnd() ? "! " : " ") + b.resourceVersion();
              case WatchEvent.Failed f -> "ERROR " + f.status().code() + " " + f.status().message();
              case WatchEvent.Added a -> "ADDED " + a.object().name();
              case WatchEvent.Modified m -> "MODIFIED " + m.object().name();
              case WatchEvent.Deleted d -> "DELETED " + d.object().name();
            })
        .toList();
  }

  void assertOrdered() {
    long last = 0;
    for (KubeObject object : objects()) {
      long revision = Long.parseLong(object.resourceVersion());
      assertThat(revision).isGreaterThan(last);
      last = revision;
    }
  }
}
