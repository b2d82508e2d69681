package dev.coracle.benchmarks.engines;

import java.nio.file.Path;
import java.util.List;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteOptions;

/** RocksDB: a log and sorted tables, its write-ahead log synced once a group. */
final class RocksEngine implements Engine {

  private final Options options;
  private final WriteOptions durable;
  private final RocksDB db;

  RocksEngine(Path directory) throws RocksDBException {
    RocksDB.loadLibrary(); // before anything of it is touched
    durable = new WriteOptions().setSync(true);
    options = new Options().setCreateIfMissing(true);
    db = RocksDB.open(options, directory.toString());
  }

  @Override
  public void write(List<Put> group) throws RocksDBException {
    try (WriteBatch batch = new WriteBatch()) {
      for (Put put : group) {
        batch.put(put.key(), put.value());
      }
      db.write(durable, batch);
    }
  }

  @Override
  public long scan() {
    long count = 0;
    try (RocksIterator all = db.newIterator()) {
      for (all.seekToFirst(); all.isValid(); all.next()) {
        count += all.value().length > 0 ? 1 : 0;
      }
    }
    return count;
  }

  @Override
  public void close() {
    db.close();
    durable.close();
    options.close();
  }
}
