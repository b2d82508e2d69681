package dev.coracle.benchmarks.engines;

import java.nio.file.Path;
import java.util.List;

/** A store of keys and values, as small as the question needs it. One thread at a time. */
interface Engine extends AutoCloseable {

  record Put(byte[] key, byte[] value) {}

  /** How an engine is opened, and what it is called. */
  interface Factory {
    Engine open(Path directory) throws Exception;
  }

  /** Writes all of them and makes them durable together. */
  void write(List<Put> group) throws Exception;

  /** Reads every value, and gives how many there are. */
  long scan() throws Exception;

  @Override
  void close() throws Exception;
}
