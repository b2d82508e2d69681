package dev.coracle.watchhub;

import java.util.List;

/**
 * A transaction in etcd's form: when every comparison holds {@code then} is done, else {@code
 * otherwise}.
 */
public record Txn(List<Compare> compares, List<Op> then, List<Op> otherwise) {

  /** What is compared; a key that does not exist has all its numbers at zero. */
  public enum Target {
    CREATE_REVISION,
    MOD_REVISION,
    VERSION,
    LEASE
  }

  public enum Relation {
    EQUAL,
    NOT_EQUAL,
    GREATER,
    LESS
  }

  public record Compare(String key, Target target, Relation relation, long number) {}

  public sealed interface Op {
    record Put(String key, byte[] value, long lease) implements Op {}

    record Delete(String key) implements Op {}

    record Get(String key) implements Op {}
  }

  /**
   * @param revision the store's revision after it
   * @param succeeded which branch was done
   * @param reads one entry per {@link Op.Get} of that branch, in order; absent keys give an empty
   *     one
   */
  public record Result(
      long revision, boolean succeeded, List<java.util.Optional<KeyValue>> reads) {}
}
