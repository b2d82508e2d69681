package dev.coracle.kubelet.server.internal.stream;

/** The runtime's streaming server answered something else than 101. */
final class UpgradeRefused extends RuntimeException {
  private static final long serialVersionUID = 1L;

  UpgradeRefused(String statusLine) {
    super("the container runtime refused the stream: " + statusLine);
  }
}
