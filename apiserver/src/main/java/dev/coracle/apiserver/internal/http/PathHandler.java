package dev.coracle.apiserver.internal.http;

/** Serves some paths that are not resources. */
@FunctionalInterface
public interface PathHandler {

  /** Answers, or says that the path is not its own. */
  boolean handle(Exchange exchange);
}
