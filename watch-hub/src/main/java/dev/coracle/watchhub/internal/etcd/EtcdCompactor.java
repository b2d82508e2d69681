package dev.coracle.watchhub.internal.etcd;

import dev.coracle.watchhub.KeyValue;
import dev.coracle.watchhub.StorageException;
import dev.coracle.watchhub.Txn;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Forgets history in step with other control planes, as upstream does: whoever first raises {@code
 * compact_rev_key} in an interval compacts to the revision noted the interval before. So at least
 * one interval of history is always kept. Only its own timer calls it.
 */
final class EtcdCompactor {

  private static final Logger LOG = LoggerFactory.getLogger(EtcdCompactor.class);
  private static final String KEY = "compact_rev_key";

  private final Vertx vertx;
  private final EtcdClient client;
  private final long everyMillis;
  private long timer = -1;
  private long round;
  private long noted;
  private boolean denied;
  private volatile boolean stopped;

  EtcdCompactor(Vertx vertx, EtcdClient client, long everyMillis) {
    this.vertx = vertx;
    this.client = client;
    this.everyMillis = everyMillis;
  }

  void start() {
    stopped = false;
    if (everyMillis > 0) {
      timer = vertx.setPeriodic(everyMillis, _ -> compact());
    }
  }

  void stop() {
    stopped = true;
    vertx.cancelTimer(timer);
  }

  private void compact() {
    byte[] value = Long.toString(noted).getBytes(StandardCharsets.US_ASCII);
    Txn txn =
        new Txn(
            List.of(new Txn.Compare(KEY, Txn.Target.VERSION, Txn.Relation.EQUAL, round)),
            List.of(new Txn.Op.Put(KEY, value, 0)),
            List.of(new Txn.Op.Get(KEY)));
    client
        .txn(txn)
        .chain(this::turn)
        .onFailure(StorageException.Compacted.class)
        .recoverWithNull()
        .subscribe()
        .with(_ -> denied = false, this::failed);
  }

  /** A user who may not compact is told once what to do, and goes on asking: roles can change. */
  private void failed(Throwable e) {
    if (stopped) {
      return; // the end cut the round off
    }
    if (!(e.getCause() instanceof EtcdFailure f && f.denied())) {
      LOG.atWarn().setCause(e).log("could not compact etcd; the next round tries again");
    } else if (!denied) {
      denied = true;
      LOG.atWarn()
          .log(
              "etcd does not let this user compact, so its history grows: grant the user the key {}"
                  + " and, since etcd 3.5.28 and 3.6, the role root, or start etcd with"
                  + " --auto-compaction-mode=periodic --auto-compaction-retention=5m",
              KEY);
    }
  }

  private Uni<Void> turn(Txn.Result result) {
    long revision = noted;
    noted = result.revision();
    if (!result.succeeded()) {
      round = result.reads().getFirst().map(KeyValue::version).orElse(0L);
      return Uni.createFrom().voidItem();
    }
    round++;
    return revision == 0 ? Uni.createFrom().voidItem() : client.compact(revision);
  }
}
