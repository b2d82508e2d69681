package dev.coracle.watchhub;

import dev.coracle.watchhub.config.EtcdOptions;
import dev.coracle.watchhub.internal.etcd.EtcdClient;
import io.micrometer.core.instrument.MeterRegistry;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import java.util.Optional;
import java.util.function.Function;

/**
 * The storage in an etcd cluster, by etcd's v3 gRPC protocol over Vert.x. Stays with one endpoint
 * while it answers, goes to the next when it does not, and takes watches up again without a gap.
 */
public final class EtcdStorage implements Storage {

  private final EtcdClient client;

  public EtcdStorage(Vertx vertx, EtcdOptions options, MeterRegistry metrics) {
    this.client = new EtcdClient(vertx, options, metrics);
  }

  @Override
  public Uni<Void> open() {
    return client.open();
  }

  @Override
  public Uni<Void> close() {
    return client.close();
  }

  @Override
  public Uni<Long> revision() {
    return client.revision();
  }

  @Override
  public Uni<Optional<KeyValue>> get(String key, long revision) {
    return client.get(key, revision);
  }

  @Override
  public Uni<Range> list(String prefix, String after, long limit, long revision) {
    return client.list(prefix, after, limit, revision);
  }

  @Override
  public Uni<KeyValue> create(String key, byte[] value, long lease) {
    return client.create(key, value, lease);
  }

  @Override
  public Uni<KeyValue> guaranteedUpdate(
      String key, Function<Optional<KeyValue>, Uni<byte[]>> change) {
    return GuaranteedUpdate.run(this, key, change);
  }

  @Override
  public Uni<KeyValue> delete(String key, long modRevision) {
    return client.delete(key, modRevision);
  }

  @Override
  public Uni<Txn.Result> txn(Txn txn) {
    return client.txn(txn);
  }

  @Override
  public Uni<Long> grantLease(long ttlSeconds) {
    return client.grantLease(ttlSeconds);
  }

  @Override
  public Uni<Void> keepLeaseAlive(long lease) {
    return client.keepLeaseAlive(lease);
  }

  @Override
  public Uni<Void> revokeLease(long lease) {
    return client.revokeLease(lease);
  }

  @Override
  public Uni<Void> compact(long revision) {
    return client.compact(revision);
  }

  @Override
  public Multi<ChangeBatch> watch(String prefix, long fromRevision, boolean previous) {
    return client.watch(prefix, fromRevision, previous);
  }
}
