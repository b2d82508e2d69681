package dev.coracle.watchhub.internal.etcd;

import com.google.protobuf.ByteString;
import dev.coracle.watchhub.internal.etcd.v3.KVGrpcClient;
import dev.coracle.watchhub.internal.etcd.v3.MaintenanceGrpcClient;
import dev.coracle.watchhub.internal.etcd.v3.PutRequest;
import dev.coracle.watchhub.internal.etcd.v3.StatusRequest;
import io.vertx.core.Future;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Brings watches up to date with a revision that was made by keys they do not see.
 *
 * <p>etcd has progress requests for it, but before 3.4.31 and 3.5.13 their answers can overtake
 * events that are still on the way (etcd issue 15220), which would show stale reads as fresh. Older
 * servers get a marker key written below the watched prefix instead: its event is ordered as all
 * events are. Its own watches leave it out.
 */
final class Progress {

  static final String MARKER = "~coracle-progress";

  private static final Pattern VERSION =
      Pattern.compile("(\\d{1,4})\\.(\\d{1,4})\\.(\\d{1,4})(\\D.*)?");
  private static final long PATIENCE_MILLIS = 20;

  private final EtcdChannel channel;
  private final Set<EtcdWatch> watches = ConcurrentHashMap.newKeySet();
  private final Set<EtcdWatch> asked = ConcurrentHashMap.newKeySet();
  private final AtomicLong expected = new AtomicLong();
  private volatile boolean ordered;

  Progress(EtcdChannel channel) {
    this.channel = channel;
  }

  /**
   * Asks the server what it can. A server that keeps its status from users who are not root is a
   * newer one.
   */
  Future<Void> start() {
    return channel
        .call(MaintenanceGrpcClient.Status, StatusRequest.getDefaultInstance(), true)
        .map(status -> isOrdered(status.getVersion()))
        .recover(e ->
            e instanceof EtcdFailure f && f.denied()
                ? Future.succeededFuture(true)
                : Future.failedFuture(e))
        .onSuccess(it -> ordered = it)
        .mapEmpty();
  }

  static boolean isOrdered(String version) {
    Matcher m = VERSION.matcher(version);
    if (!m.matches()) {
      return false;
    }
    int major = Integer.parseInt(m.group(1));
    int minor = Integer.parseInt(m.group(2));
    int patch = Integer.parseInt(m.group(3));
    if (major != 3 || minor > 5) {
      return major > 3 || major == 3 && minor > 5;
    }
    return minor == 5 ? patch >= 13 : minor == 4 && patch >= 31;
  }

  void add(EtcdWatch watch) {
    watches.add(watch);
  }

  void remove(EtcdWatch watch) {
    watches.remove(watch);
    asked.remove(watch);
  }

  Set<EtcdWatch> watches() {
    return watches;
  }

  /** Somebody was told of this revision and may wait for the watches to reach it. */
  void expect(long revision) {
    expected.accumulateAndGet(revision, Math::max);
    watches.forEach(watch -> expect(watch, revision));
  }

  /** Whoever was told of a revision before this watch could be asked may still wait for it. */
  void opened(EtcdWatch watch) {
    expect(watch, expected.get());
  }

  private void expect(EtcdWatch watch, long revision) {
    if (watch.seen() < revision && asked.add(watch)) {
      // Mostly the events are on their way already.
      channel.vertx().setTimer(PATIENCE_MILLIS, _ -> nudge(watch, revision));
    }
  }

  private void nudge(EtcdWatch watch, long revision) {
    asked.remove(watch);
    if (watch.seen() >= revision || !watches.contains(watch)) {
      return;
    }
    if (ordered) {
      watch.askProgress();
    } else {
      PutRequest put =
          PutRequest.newBuilder()
              .setKey(EtcdCodec.key(watch.prefix() + MARKER))
              .setValue(ByteString.EMPTY)
              .build();
      channel.call(KVGrpcClient.Put, put, true).onFailure(_ -> {});
    }
  }
}
