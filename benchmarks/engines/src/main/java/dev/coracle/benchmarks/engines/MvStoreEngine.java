package dev.coracle.benchmarks.engines;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.h2.mvstore.MVMap;
import org.h2.mvstore.MVStore;
import org.h2.mvstore.type.ByteArrayDataType;
import org.h2.mvstore.type.StringDataType;

/** H2's MVStore: pure Java, a log of chunks. */
final class MvStoreEngine implements Engine {

  private final MVStore store;
  private final MVMap<String, byte[]> map;

  MvStoreEngine(Path directory) {
    store =
        new MVStore.Builder()
            .fileName(directory.resolve("data.mv").toString())
            .autoCommitDisabled()
            .open();
    map =
        store.openMap(
            "data",
            new MVMap.Builder<String, byte[]>()
                .keyType(StringDataType.INSTANCE)
                .valueType(ByteArrayDataType.INSTANCE));
  }

  @Override
  public void write(List<Put> group) {
    for (Put put : group) {
      map.put(new String(put.key(), StandardCharsets.UTF_8), put.value());
    }
    store.commit();
    store.sync();
  }

  @Override
  public long scan() {
    long count = 0;
    for (Map.Entry<String, byte[]> entry : map.entrySet()) {
      count += entry.getValue().length > 0 ? 1 : 0;
    }
    return count;
  }

  @Override
  public void close() {
    store.close();
  }
}
