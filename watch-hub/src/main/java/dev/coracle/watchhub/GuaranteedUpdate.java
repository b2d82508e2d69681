package dev.coracle.watchhub;

import io.smallrye.mutiny.Uni;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** The loop of read, change and compare-and-put that every storage shares. */
final class GuaranteedUpdate {

  private GuaranteedUpdate() {}

  static Uni<KeyValue> run(
      Storage storage, String key, Function<Optional<KeyValue>, Uni<byte[]>> change) {
    return storage.get(key, 0).chain(found -> attempt(storage, key, change, found));
  }

  private static Uni<KeyValue> attempt(
      Storage storage,
      String key,
      Function<Optional<KeyValue>, Uni<byte[]>> change,
      Optional<KeyValue> found) {
    return change
        .apply(found)
        .chain(value -> {
          if (found.isPresent() && found.get().value() == value) {
            return Uni.createFrom().item(found.get());
          }
          long lease = found.map(KeyValue::lease).orElse(0L);
          long modRevision = found.map(KeyValue::modRevision).orElse(0L);
          Txn txn =
              new Txn(
                  List.of(
                      new Txn.Compare(
                          key, Txn.Target.MOD_REVISION, Txn.Relation.EQUAL, modRevision)),
                  List.of(new Txn.Op.Put(key, value, lease)),
                  List.of(new Txn.Op.Get(key)));
          return storage
              .txn(txn)
              .chain(result ->
                  result.succeeded()
                      ? Uni.createFrom().item(written(key, value, lease, found, result))
                      : attempt(storage, key, change, result.reads().getFirst()));
        });
  }

  private static KeyValue written(
      String key, byte[] value, long lease, Optional<KeyValue> before, Txn.Result result) {
    long revision = result.revision();
    return new KeyValue(
        key,
        value,
        before.map(KeyValue::createRevision).orElse(revision),
        revision,
        before.map(KeyValue::version).orElse(0L) + 1,
        lease);
  }
}
