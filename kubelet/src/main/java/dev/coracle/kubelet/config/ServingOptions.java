package dev.coracle.kubelet.config;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.tls.TlsChoice;
import dev.coracle.kubelet.server.config.KubeletServerOptions;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * The kubelet's API as a KubeletConfiguration has it; what is empty stays as the node has it.
 *
 * @param port {@code port}
 * @param clientCa {@code authentication.x509.clientCAFile}: who signs client certificates
 * @param anonymous {@code authentication.anonymous.enabled}
 * @param tls {@code tlsMinVersion} and {@code tlsCipherSuites}
 * @param idle {@code streamingConnectionIdleTimeout}
 * @param debugging {@code enableDebuggingHandlers}: exec, attach, port-forward, run, logs
 * @param systemLogs {@code enableSystemLogHandler}: files of the node's log directory
 * @param logQueries {@code enableSystemLogQuery}: what its services have logged
 * @param healthz where {@code /healthz} is answered without TLS; empty: nowhere
 */
public record ServingOptions(
    OptionalInt port,
    Optional<Path> clientCa,
    Optional<Boolean> anonymous,
    TlsChoice tls,
    Duration idle,
    boolean debugging,
    boolean systemLogs,
    boolean logQueries,
    Optional<Healthz> healthz) {

  /** {@code healthzBindAddress} and {@code healthzPort}. */
  public record Healthz(String address, int port) {}

  private static final Duration IDLE = Duration.ofHours(4);
  private static final int LARGEST = 1 << 20;
  private static final String LOOPBACK = "127.0.0.1";

  public static final ServingOptions DEFAULT =
      new ServingOptions(
          OptionalInt.empty(),
          Optional.empty(),
          Optional.empty(),
          TlsChoice.DEFAULT,
          IDLE,
          true,
          true,
          false,
          Optional.empty());

  /**
   * @throws IllegalArgumentException of what cannot be, and of what would not be done
   */
  static ServingOptions parse(JsonNode document) {
    JsonNode authentication = document.path("authentication");
    only(authentication, "authentication", "anonymous", "webhook", "x509");
    JsonNode x509 = authentication.path("x509");
    only(x509, "authentication.x509", "clientCAFile");
    JsonNode anonymous = authentication.path("anonymous");
    only(anonymous, "authentication.anonymous", "enabled");
    int port = port(document, "port", "--port", 1);
    return new ServingOptions(
        port == 0 || port == 10250 ? OptionalInt.empty() : OptionalInt.of(port),
        authority(x509.path("clientCAFile").asText("")),
        anonymous.hasNonNull("enabled")
            ? Optional.of(ConfigFields.flag(anonymous, "enabled", false))
            : Optional.empty(),
        tls(document),
        ConfigFields.period(document, "streamingConnectionIdleTimeout", IDLE),
        ConfigFields.flag(document, "enableDebuggingHandlers", true),
        ConfigFields.flag(document, "enableSystemLogHandler", true),
        queries(document),
        healthz(document));
  }

  private static TlsChoice tls(JsonNode document) {
    try {
      return TlsChoice.of(
          "tlsMinVersion",
          document.path("tlsMinVersion").asText(""),
          "tlsCipherSuites",
          ConfigFields.list(document, "tlsCipherSuites"));
    } catch (IllegalArgumentException e) {
      throw ConfigFields.invalid(String.valueOf(e.getMessage()));
    }
  }

  private static boolean queries(JsonNode document) {
    boolean on = ConfigFields.flag(document, "enableSystemLogQuery", false);
    if (on && !ConfigFields.flag(document, "enableSystemLogHandler", true)) {
      throw ConfigFields.invalid("enableSystemLogHandler is required for enableSystemLogQuery");
    }
    return on;
  }

  static void only(JsonNode node, String where, String... fields) {
    if (!node.isObject() && !node.isMissingNode() && !node.isNull()) {
      throw ConfigFields.invalid(where + " must be an object");
    }
    Set<String> known = Set.of(fields);
    for (Map.Entry<String, JsonNode> field : node.properties()) {
      if (!known.contains(field.getKey())) {
        throw ConfigFields.invalid(
            where
                + ": unknown field \""
                + field.getKey()
                + "\"; known are "
                + String.join(", ", fields));
      }
    }
  }

  private static int port(JsonNode document, String field, String flag, int least) {
    JsonNode node = document.path(field);
    if (node.isMissingNode() || node.isInt() && node.intValue() == 0) {
      return 0;
    }
    if (!node.isInt() || node.intValue() < least || node.intValue() > 65535) {
      throw ConfigFields.invalid(
          field + " (" + flag + ") " + node.asText() + " must be between 1 and 65535, inclusive");
    }
    return node.intValue();
  }

  private static Optional<Healthz> healthz(JsonNode document) {
    int port = port(document, "healthzPort", "--healthz-port", 1);
    return port == 0
        ? Optional.empty()
        : Optional.of(new Healthz(document.path("healthzBindAddress").asText(LOOPBACK), port));
  }

  private static Optional<Path> authority(String file) {
    if (file.isEmpty()) {
      return Optional.empty();
    }
    String field = "authentication.x509.clientCAFile: ";
    try (InputStream in = Files.newInputStream(bounded(file))) {
      if (CertificateFactory.getInstance("X.509").generateCertificates(in).isEmpty()) {
        throw ConfigFields.invalid(field + file + " has no certificate");
      }
      return Optional.of(Path.of(file));
    } catch (IOException | InvalidPathException e) {
      throw ConfigFields.invalid(
          field
              + file
              + " cannot be read; leave it out for the cluster's own authority ("
              + e.getMessage()
              + ")");
    } catch (CertificateException e) {
      throw ConfigFields.invalid(field + file + " is no file of certificates: " + e.getMessage());
    }
  }

  private static Path bounded(String file) throws IOException {
    Path path = Path.of(file);
    if (Files.exists(path) && (!Files.isRegularFile(path) || Files.size(path) > LARGEST)) {
      throw new IOException("it is no file of at most 1 MiB");
    }
    return path;
  }

  /** The node's own way to serve its API, with what was chosen. */
  KubeletServerOptions over(KubeletServerOptions own) {
    KubeletServerOptions out =
        own.withStreamTimeouts(idle, own.streamCreationTimeout())
            .withTls(tls)
            .withDebugging(debugging)
            .withLogQueries(logQueries)
            .withClientCa(clientCa.orElse(own.clientCa()))
            .withAnonymousAuth(anonymous.orElse(own.anonymousAuth()));
    if (port.isPresent()) {
      out = out.withListen(own.host(), port.getAsInt());
    }
    return systemLogs ? out : out.withoutLogDirectory();
  }
}
