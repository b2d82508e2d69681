package dev.coracle.apiserver.internal.webhook;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.apiserver.internal.http.RemoteCredentials;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.ClientSSLOptions;
import io.vertx.core.net.PemTrustOptions;
import java.net.URI;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * How a webhook is reached: at a URL, or behind a Service of the cluster.
 *
 * @param service {@code namespace}, {@code name} and {@code port}; null for a URL
 * @param tls with which certificate authorities its certificate is checked, and which one it is
 *     shown
 * @param credentials what it is shown
 */
public record ClientConfig(
    URI url, @Nullable ServicePort service, ClientSSLOptions tls, RemoteCredentials credentials) {

  /** A port of a Service. */
  public record ServicePort(String namespace, String name, int port) {}

  /**
   * Reads a {@code clientConfig}.
   *
   * @throws IllegalArgumentException when it can not be one
   */
  public static ClientConfig of(JsonNode config) {
    ClientSSLOptions tls = tls(config.path("caBundle").asText(""));
    JsonNode service = config.path("service");
    if (!service.isObject()) {
      return new ClientConfig(
          URI.create(config.path("url").asText("")), null, tls, RemoteCredentials.NONE);
    }
    ServicePort port =
        new ServicePort(
            service.path("namespace").asText(""),
            service.path("name").asText(""),
            service.path("port").asInt(443));
    String path = service.path("path").asText("");
    URI url =
        URI.create(
            "https://"
                + port.name()
                + "."
                + port.namespace()
                + ".svc:"
                + port.port()
                + (path.startsWith("/") ? path : "/" + path));
    return new ClientConfig(url, port, tls, RemoteCredentials.NONE);
  }

  /** The same, with what is shown to that place. */
  ClientConfig showing(WebhookCredentials known) {
    RemoteCredentials shown = known.of(url);
    return new ClientConfig(url, service, tls.copy().setKeyCertOptions(shown.identity()), shown);
  }

  /**
   * @param bundle base64 of PEM; empty for the certificate authorities of the machine
   */
  public static ClientSSLOptions tls(String bundle) {
    ClientSSLOptions tls = new ClientSSLOptions().setHostnameVerificationAlgorithm("HTTPS");
    if (!bundle.isEmpty()) {
      byte[] pem = Base64.getMimeDecoder().decode(bundle);
      tls.setTrustOptions(new PemTrustOptions().addCertValue(Buffer.buffer(pem)));
    }
    return tls;
  }

  /** Path and query of a call that may take so long. */
  String uri(int seconds) {
    String path = url.getRawPath() == null || url.getRawPath().isEmpty() ? "/" : url.getRawPath();
    String query = url.getRawQuery() == null ? "" : url.getRawQuery() + "&";
    return path + "?" + query + "timeout=" + seconds + "s";
  }

  /** As it stands in messages. */
  String display(int seconds) {
    return url.getScheme() + "://" + url.getAuthority() + uri(seconds);
  }

  int port() {
    return url.getPort() < 0 ? 443 : url.getPort();
  }
}
