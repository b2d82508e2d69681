package dev.coracle.apiserver.internal.flowcontrol;

/**
 * What is asked, as flow schemas see it: a request over HTTP, or a call inside the process. What is
 * not given is empty.
 */
public interface FlowRequest {

  /** About a resource, as opposed to {@code /healthz} or discovery. */
  boolean resourceRequest();

  String verb();

  String path();

  String group();

  String version();

  String namespace();

  String resource();

  String subresource();

  String name();
}
