package dev.coracle.watchhub;

import static org.assertj.core.api.Assertions.assertThat;

import io.smallrye.mutiny.Multi;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Flow;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/** Subscribes to a storage's watch and writes down what comes. */
final class WatchRecorder implements AutoCloseable, Flow.Subscriber<ChangeBatch> {

  private final List<ChangeBatch> batches = new ArrayList<>();
  private final long initialDemand;
  private Flow.@Nullable Subscription subscription;
  private @Nullable Throwable failure;

  WatchRecorder(Multi<ChangeBatch> watch) {
    this(watch, Long.MAX_VALUE);
  }

  WatchRecorder(Multi<ChangeBatch> watch, long initialDemand) {
    this.initialDemand = initialDemand;
    watch.subscribe(this);
  }

  @Override
  public void onSubscribe(Flow.Subscription s) {
    subscription = s;
    s.request(initialDemand);
  }

  @Override
  public synchronized void onNext(ChangeBatch batch) {
    batches.add(batch);
  }

  @Override
  public synchronized void onError(Throwable why) {
    failure = why;
  }

  @Override
  public synchronized void onComplete() {
    failure = new IllegalStateException("a watch never completes");
  }

  void request(long n) {
    java.util.Objects.requireNonNull(subscription).request(n);
  }

  synchronized int batches() {
    return batches.size();
  }

  synchronized @Nullable Throwable failure() {
    return failure;
  }

  synchronized long revision() {
    return batches.isEmpty() ? 0 : batches.getLast().revision();
  }

  synchronized List<StorageChange> changes() {
    return batches.stream().flatMap(b -> b.changes().stream()).toList();
  }

  void awaitBatches(int count) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(10))
        .pollInterval(Duration.ofMillis(2))
        .until(() -> batches() >= count);
  }

  void awaitChanges(int count) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(10))
        .pollInterval(Duration.ofMillis(2))
        .until(() -> changes().size() >= count || failure() != null);
    assertThat(failure()).isNull();
  }

  void awaitFailure() {
    Awaitility.await()
        .atMost(Duration.ofSeconds(10))
        .pollInterval(Duration.ofMillis(2))
        .until(() -> failure() != null);
  }

  /** {@code put a=1 @0}: the revision counts from the first change's. */
  List<String> summary(String prefix) {
    List<StorageChange> all = changes();
    long first = all.isEmpty() ? 0 : all.getFirst().revision();
    return all.stream()
        .map(c ->
            switch (c) {
                  case StorageChange.Put p ->
                      "put " + p.key().substring(prefix.length()) + "=" + value(p.current());
                  case StorageChange.Delete d -> "delete " + d.key().substring(prefix.length());
                }
                + " @"
                + (c.revision() - first))
        .toList();
  }

  List<String> previous() {
    return changes().stream()
        .map(c ->
            switch (c) {
              case StorageChange.Put p -> p.previous() == null ? "-" : value(p.previous());
              case StorageChange.Delete d -> d.previous() == null ? "-" : value(d.previous());
            })
        .toList();
  }

  private static String value(KeyValue kv) {
    return new String(kv.value(), StandardCharsets.UTF_8);
  }

  synchronized void assertWholeRevisions() {
    long last = 0;
    for (ChangeBatch batch : batches) {
      for (StorageChange change : batch.changes()) {
        assertThat(change.revision()).isLessThanOrEqualTo(batch.revision());
      }
      if (!batch.changes().isEmpty()) {
        assertThat(batch.changes().getFirst().revision()).isGreaterThan(last);
        last = batch.changes().getLast().revision();
      }
    }
  }

  @Override
  public void close() {
    Flow.Subscription s = subscription;
    if (s != null) {
      s.cancel();
    }
  }
}
