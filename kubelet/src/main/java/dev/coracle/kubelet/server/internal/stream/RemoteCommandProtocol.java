package dev.coracle.kubelet.server.internal.stream;

import java.util.List;
import java.util.Optional;

/**
 * Versions of the remote command protocol (exec and attach), the same numbers over WebSocket and
 * SPDY.
 *
 * @param wireName subprotocol of WebSocket, X-Stream-Protocol-Version of SPDY
 * @param version 5 adds the close signal, 4 a Status on the error channel, 3 resizing
 * @param base64 whether messages are base64 text (WebSocket only)
 * @see <a href="https://kep.k8s.io/4006">KEP-4006</a>
 */
public record RemoteCommandProtocol(String wireName, int version, boolean base64) {
  public static final RemoteCommandProtocol V5 =
      new RemoteCommandProtocol("v5.channel.k8s.io", 5, false);
  public static final RemoteCommandProtocol V4 =
      new RemoteCommandProtocol("v4.channel.k8s.io", 4, false);
  private static final RemoteCommandProtocol V1 =
      new RemoteCommandProtocol("channel.k8s.io", 1, false);

  private static final List<RemoteCommandProtocol> WEBSOCKET =
      List.of(
          V5,
          V4,
          new RemoteCommandProtocol("v4.base64.channel.k8s.io", 4, true),
          V1,
          new RemoteCommandProtocol("base64.channel.k8s.io", 1, true));
  private static final List<RemoteCommandProtocol> SPDY =
      List.of(
          V5,
          V4,
          new RemoteCommandProtocol("v3.channel.k8s.io", 3, false),
          new RemoteCommandProtocol("v2.channel.k8s.io", 2, false),
          V1);

  /**
   * The first of the client's subprotocols that we speak; a client that names none gets the first
   * version.
   */
  public static Optional<RemoteCommandProtocol> webSocket(List<String> offered) {
    return offered.isEmpty() ? Optional.of(V1) : first(offered, WEBSOCKET);
  }

  /** The first of the client's stream protocols that we speak. */
  public static Optional<RemoteCommandProtocol> spdy(List<String> offered) {
    return offered.isEmpty() ? Optional.of(V1) : first(offered, SPDY);
  }

  private static Optional<RemoteCommandProtocol> first(
      List<String> offered, List<RemoteCommandProtocol> known) {
    return offered.stream()
        .flatMap(o -> known.stream().filter(k -> k.wireName().equals(o)))
        .findFirst();
  }

  boolean closeSignal() {
    return version >= 5;
  }

  /** Whether the error channel carries a Status as JSON, instead of plain text. */
  boolean jsonStatus() {
    return version >= 4;
  }

  /** Whether SPDY clients open a resize stream for a terminal. */
  boolean resize() {
    return version >= 3;
  }
}
