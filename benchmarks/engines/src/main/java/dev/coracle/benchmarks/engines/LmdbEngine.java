package dev.coracle.benchmarks.engines;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import org.lmdbjava.CursorIterable;
import org.lmdbjava.Dbi;
import org.lmdbjava.DbiFlags;
import org.lmdbjava.Env;
import org.lmdbjava.Txn;

/** LMDB: a memory-mapped B+ tree, copy on write, a sync a commit. */
final class LmdbEngine implements Engine {

  private final Env<ByteBuffer> env;
  private final Dbi<ByteBuffer> data;
  private final ByteBuffer key = ByteBuffer.allocateDirect(511);
  private final ByteBuffer value = ByteBuffer.allocateDirect(1 << 16);

  LmdbEngine(Path directory) {
    env = Env.create().setMapSize(8L << 30).setMaxDbs(1).open(directory.toFile());
    data = env.openDbi("data", DbiFlags.MDB_CREATE);
  }

  @Override
  public void write(List<Put> group) {
    try (Txn<ByteBuffer> txn = env.txnWrite()) {
      for (Put put : group) {
        key.clear().put(put.key()).flip();
        value.clear().put(put.value()).flip();
        data.put(txn, key, value);
      }
      txn.commit();
    }
  }

  @Override
  public long scan() {
    long count = 0;
    try (Txn<ByteBuffer> txn = env.txnRead();
        CursorIterable<ByteBuffer> all = data.iterate(txn)) {
      for (CursorIterable.KeyVal<ByteBuffer> entry : all) {
        byte[] copy = new byte[entry.val().remaining()];
        entry.val().get(copy);
        count += copy.length > 0 ? 1 : 0;
      }
    }
    return count;
  }

  @Override
  public void close() {
    env.close();
  }
}
