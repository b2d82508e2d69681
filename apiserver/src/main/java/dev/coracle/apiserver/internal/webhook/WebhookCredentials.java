package dev.coracle.apiserver.internal.webhook;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.apiserver.internal.http.KubeconfigFile;
import dev.coracle.apiserver.internal.http.RemoteCredentials;
import java.net.URI;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the API server shows to users' webhooks (Kubernetes docs, "Authenticate API servers"). The
 * users of a kubeconfig are named as the hosts that they are for: {@code HOST:PORT}, {@code
 * *.DOMAIN:PORT}, both without the port where that is 443, or {@code *} for all others; what none
 * of them is for sees the user of the current context.
 */
public final class WebhookCredentials implements AutoCloseable {

  private static final int HTTPS = 443;

  public static final WebhookCredentials NONE = new WebhookCredentials(Map.of());

  private final Map<String, RemoteCredentials> byHost;

  private WebhookCredentials(Map<String, RemoteCredentials> byHost) {
    this.byHost = byHost;
  }

  /**
   * @param kubeconfig null for no credentials
   * @throws IllegalStateException with words for the user
   */
  public static WebhookCredentials read(@Nullable Path kubeconfig) {
    if (kubeconfig == null) {
      return NONE;
    }
    KubeconfigFile file = KubeconfigFile.read(kubeconfig);
    Map<String, RemoteCredentials> out = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> user : file.users().entrySet()) {
      out.put(user.getKey(), RemoteCredentials.of(file, user.getValue()));
    }
    out.computeIfAbsent("*", _ -> RemoteCredentials.of(file, file.user()));
    return new WebhookCredentials(out);
  }

  /**
   * @param url of the webhook; of one behind a Service with the Service's name
   */
  RemoteCredentials of(URI url) {
    int port = url.getPort() < 0 ? HTTPS : url.getPort();
    RemoteCredentials found = byName(url.getHost() + ":" + port);
    if (found == null && port == HTTPS) {
      found = byName(url.getHost());
    }
    if (found == null) {
      found = byHost.get("*");
    }
    return found == null ? RemoteCredentials.NONE : found;
  }

  /** Itself, or the longest domain that it is in. */
  private @Nullable RemoteCredentials byName(String name) {
    RemoteCredentials found = byHost.get(name);
    for (int dot = name.indexOf('.'); found == null && dot >= 0; dot = name.indexOf('.', dot + 1)) {
      found = byHost.get("*" + name.substring(dot));
    }
    return found;
  }

  @Override
  public void close() {
    byHost.values().forEach(RemoteCredentials::close);
  }
}
