package dev.coracle.watchhub;

import org.jspecify.annotations.Nullable;

/**
 * One change of one key. {@code previous} is the value before, null at creation or where it is not
 * known.
 */
public sealed interface StorageChange {

  String key();

  long revision();

  record Put(KeyValue current, @Nullable KeyValue previous) implements StorageChange {
    @Override
    public String key() {
      return current.key();
    }

    @Override
    public long revision() {
      return current.modRevision();
    }
  }

  record Delete(String key, long revision, @Nullable KeyValue previous) implements StorageChange {}
}
