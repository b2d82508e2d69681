package dev.coracle.launcher.cli;

import dev.coracle.launcher.config.LogStoreOptions;
import picocli.CommandLine.Option;

/**
 * The flags of {@code up}, {@code server} and {@code agent} that say what becomes of containers'
 * logs.
 */
final class LogFlags {

  @Option(
      names = "--log-store",
      paramLabel = "MIB",
      defaultValue = "64",
      description =
          "How many MiB of the containers' logs to keep for searching; 0 collects none. Default:"
              + " ${DEFAULT-VALUE}")
  private int mebibytes = 64;

  @Option(
      names = "--log-sink",
      paramLabel = "URL",
      defaultValue = "",
      description =
          "Elasticsearch-compatible server to ship the containers' logs to, such as"
              + " http://elastic:9200. Default: none")
  private String sink = "";

  LogStoreOptions options() {
    return new LogStoreOptions(mebibytes, sink);
  }
}
