package dev.coracle.benchmarks.engines;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.h2.mvstore.MVMap;
import org.h2.mvstore.MVStore;
import org.h2.mvstore.type.ByteArrayDataType;

/** H2's MVStore: pure Java, a log of chunks. */
final class MvStoreEngine implements Engine {

  private final MVStore store;
  private final MVMap<byte[], byte[]> map;

  MvStoreEngine(Path directory) {
    store =
        new MVStore.Builder()
            .fileName(directory.resolve("data.mv").toString())
            .autoCommitDisabled()
            .open();
    map =
        store.openMap(
            "data",
            new MVMap.Builder<byte[], byte[]>()
                .keyType(ByteArrayDataType.INSTANCE)
                .valueType(ByteArrayDataType.INSTANCE));
  }

  @Override
  public void write(List<Put> group) {
    for (Put put : group) {
      map.put(put.key(), put.value());
    }
    store.commit();
    store.sync();
  }

  @Override
  public long scan() {
    long count = 0;
    for (Map.Entry<byte[], byte[]> entry : map.entrySet()) {
      count += entry.getValue().length > 0 ? 1 : 0;
    }
    return count;
  }

  @Override
  public void close() {
    store.close();
  }
}
