package dev.coracle.logs.config;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * @param podLogs where the kubelet lets containers write: {@code
 *     NAMESPACE_POD_UID/CONTAINER/ATTEMPT.log}
 * @param store where entries are kept
 * @param maxBytes of the store; the oldest entries go first
 * @param segmentBytes of one file of it
 * @param nodeName stands in every entry
 * @param sink an Elasticsearch-compatible server to ship to
 * @param sinkPause between two tries where it does not answer
 */
public record LogOptions(
    Path podLogs,
    Path store,
    long maxBytes,
    int segmentBytes,
    String nodeName,
    Optional<URI> sink,
    Duration sinkPause) {

  private static final int SEGMENT = 4 * 1024 * 1024;

  /** With segments and pauses as they are usual. */
  public static LogOptions of(
      Path podLogs, Path store, long maxBytes, String nodeName, Optional<URI> sink) {
    return new LogOptions(podLogs, store, maxBytes, SEGMENT, nodeName, sink, Duration.ofSeconds(2));
  }
}
