package dev.coracle.logs;

import java.util.Map;

/**
 * Whose log it is: one container of one Pod.
 *
 * @param labels of the Pod when its first line came
 */
public record LogStream(
    String namespace,
    String pod,
    String uid,
    String container,
    String node,
    Map<String, String> labels) {

  public LogStream {
    labels = Map.copyOf(labels);
  }
}
