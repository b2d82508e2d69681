package dev.coracle.kubelet.server.internal.stream;

import io.vertx.core.Future;

/** Opens one connection to a port of the pod. */
public interface PortDialer {
  Future<ChannelLink> dial(int port);

  /** The words for a failure, as kubectl shows them. */
  String describe(int port, Throwable cause);
}
