package dev.coracle.watchhub;

/** What {@link Storage#scan} gives its keys to, one after the other, on a thread of the storage. */
@FunctionalInterface
public interface StoredReader {

  void take(String key, long modRevision, Value value);

  /** A value where it lies; it can be read until {@link #take} returns. */
  interface Value {

    int length();

    /** Writes all of it into {@code target} from {@code at} on. */
    void copyTo(byte[] target, int at);
  }
}
