package dev.coracle.launcher.config;

/**
 * The collection of containers' logs.
 *
 * @param mebibytes how much the store may keep on disk; 0: nothing is collected
 * @param sink an Elasticsearch-compatible server to ship to; empty for none
 */
public record LogStoreOptions(int mebibytes, String sink) {

  public static final LogStoreOptions DEFAULT = new LogStoreOptions(64, "");

  public static final LogStoreOptions NONE = new LogStoreOptions(0, "");
}
