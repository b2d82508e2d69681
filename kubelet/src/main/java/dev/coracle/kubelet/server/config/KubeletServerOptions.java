package dev.coracle.kubelet.server.config;

import dev.coracle.api.tls.TlsChoice;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Options of {@link dev.coracle.kubelet.server.KubeletServer}.
 *
 * @param nodeName name of the Node object, part of every authorisation question
 * @param host address to listen on
 * @param port port to listen on, 0 for a free one
 * @param certificate PEM file of the serving certificate chain
 * @param key PEM file of the serving key (PKCS#8)
 * @param clientCa PEM file of the CA that signs client certificates
 * @param tls its versions and ciphers
 * @param anonymousAuth whether a request without credentials becomes {@code system:anonymous}
 *     instead of a 401
 * @param trustedUsers users allowed everything without asking, beside the group {@code
 *     system:masters}; the API server's own client identity belongs here, because it cannot ask
 *     itself while it starts
 * @param debugging whether containers can be reached (exec, attach, port-forward, run, logs), as
 *     upstream's {@code enableDebuggingHandlers}
 * @param logDirectory directory served under {@code /logs/}, none for 404
 * @param logQueries whether {@code /logs/?query=} is answered, upstream's {@code
 *     enableSystemLogQuery}
 * @param streamIdleTimeout a stream without bytes for this long is closed
 * @param streamCreationTimeout how long a client may take to create its streams, and the runtime to
 *     accept a connection
 * @param maxLogStreams log requests served at once; more get 429
 * @param maxStreams exec, attach and port-forward sessions served at once; more get 429
 */
public record KubeletServerOptions(
    String nodeName,
    String host,
    int port,
    Path certificate,
    Path key,
    Path clientCa,
    TlsChoice tls,
    boolean anonymousAuth,
    Set<String> trustedUsers,
    boolean debugging,
    Optional<Path> logDirectory,
    boolean logQueries,
    Duration streamIdleTimeout,
    Duration streamCreationTimeout,
    int maxLogStreams,
    int maxStreams) {

  public KubeletServerOptions {
    trustedUsers = Set.copyOf(trustedUsers);
  }

  /**
   * The upstream defaults: port 10250 on all addresses, 4 h idle, 30 s to create streams, no
   * anonymous access.
   */
  public static KubeletServerOptions defaults(
      String nodeName, Path certificate, Path key, Path clientCa) {
    return new KubeletServerOptions(
        nodeName,
        "0.0.0.0",
        10250,
        certificate,
        key,
        clientCa,
        TlsChoice.DEFAULT,
        false,
        Set.of(),
        true,
        Optional.empty(),
        false,
        Duration.ofHours(4),
        Duration.ofSeconds(30),
        512,
        512);
  }

  /** The same, listening elsewhere. */
  public KubeletServerOptions withListen(String newHost, int newPort) {
    return with(draft -> {
      draft.host = newHost;
      draft.port = newPort;
    });
  }

  /** The same, with clients whose certificates another authority signs. */
  public KubeletServerOptions withClientCa(Path file) {
    return with(draft -> draft.clientCa = file);
  }

  /** The same, with other versions of TLS or other ciphers. */
  public KubeletServerOptions withTls(TlsChoice choice) {
    return with(draft -> draft.tls = choice);
  }

  /** The same, trusting these users without an authorisation question. */
  public KubeletServerOptions withTrustedUsers(Set<String> users) {
    return with(draft -> draft.trustedUsers = users);
  }

  /** The same, with anonymous requests let through to authorisation or not. */
  public KubeletServerOptions withAnonymousAuth(boolean allowed) {
    return with(draft -> draft.anonymousAuth = allowed);
  }

  /** The same, with containers reachable or not. */
  public KubeletServerOptions withDebugging(boolean on) {
    return with(draft -> draft.debugging = on);
  }

  /** The same, serving a directory under {@code /logs/}. */
  public KubeletServerOptions withLogDirectory(Path directory) {
    return with(draft -> draft.logDirectory = Optional.of(directory));
  }

  /** The same, without files under {@code /logs/}. */
  public KubeletServerOptions withoutLogDirectory() {
    return with(draft -> draft.logDirectory = Optional.empty());
  }

  /** The same, answering what is asked of the logs of services. */
  public KubeletServerOptions withLogQueries(boolean answered) {
    return with(draft -> draft.logQueries = answered);
  }

  /** The same, with other stream timeouts. */
  public KubeletServerOptions withStreamTimeouts(Duration idle, Duration creation) {
    return with(draft -> {
      draft.streamIdleTimeout = idle;
      draft.streamCreationTimeout = creation;
    });
  }

  private KubeletServerOptions with(Consumer<Draft> change) {
    Draft draft = new Draft(this);
    change.accept(draft);
    return new KubeletServerOptions(
        nodeName,
        draft.host,
        draft.port,
        certificate,
        key,
        draft.clientCa,
        draft.tls,
        draft.anonymousAuth,
        draft.trustedUsers,
        draft.debugging,
        draft.logDirectory,
        draft.logQueries,
        draft.streamIdleTimeout,
        draft.streamCreationTimeout,
        maxLogStreams,
        maxStreams);
  }

  /** What can be changed, while it is. */
  private static final class Draft {
    String host;
    int port;
    Path clientCa;
    TlsChoice tls;
    boolean anonymousAuth;
    Set<String> trustedUsers;
    boolean debugging;
    Optional<Path> logDirectory;
    boolean logQueries;
    Duration streamIdleTimeout;
    Duration streamCreationTimeout;

    Draft(KubeletServerOptions options) {
      host = options.host;
      port = options.port;
      clientCa = options.clientCa;
      tls = options.tls;
      anonymousAuth = options.anonymousAuth;
      trustedUsers = options.trustedUsers;
      debugging = options.debugging;
      logDirectory = options.logDirectory;
      logQueries = options.logQueries;
      streamIdleTimeout = options.streamIdleTimeout;
      streamCreationTimeout = options.streamCreationTimeout;
    }
  }
}
