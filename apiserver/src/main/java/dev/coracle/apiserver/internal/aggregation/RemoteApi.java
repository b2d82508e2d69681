package dev.coracle.apiserver.internal.aggregation;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.apiserver.internal.webhook.ClientConfig;
import dev.coracle.apiserver.internal.webhook.ClientConfig.ServicePort;
import io.vertx.core.net.ClientSSLOptions;
import io.vertx.core.net.KeyCertOptions;
import org.jspecify.annotations.Nullable;

/**
 * A version of a group that another server has.
 *
 * @param name of the APIService
 * @param discovery what is in it, as an entry of {@code versions} in aggregated discovery; null
 *     while the server was not reached
 */
public record RemoteApi(
    String name,
    String group,
    String version,
    int groupPriority,
    int versionPriority,
    ServicePort service,
    ClientSSLOptions tls,
    boolean available,
    @Nullable ObjectNode discovery,
    RemoteOpenApi openApi) {

  static RemoteApi of(KubeObject apiService, KeyCertOptions identity) {
    var spec = apiService.at("spec");
    ClientSSLOptions tls = ClientConfig.tls(spec.path("caBundle").asText(""));
    if (spec.path("insecureSkipTLSVerify").asBoolean(false)) {
      tls.setTrustAll(true).setHostnameVerificationAlgorithm("");
    }
    tls.setKeyCertOptions(identity);
    return new RemoteApi(
        apiService.name(),
        spec.path("group").asText(""),
        spec.path("version").asText(""),
        spec.path("groupPriorityMinimum").asInt(0),
        spec.path("versionPriority").asInt(0),
        new ServicePort(
            spec.path("service").path("namespace").asText(""),
            spec.path("service").path("name").asText(""),
            spec.path("service").path("port").asInt(443)),
        tls,
        false,
        null,
        RemoteOpenApi.NONE);
  }

  RemoteApi found(
      boolean isAvailable, @Nullable ObjectNode newDiscovery, RemoteOpenApi newOpenApi) {
    return new RemoteApi(
        name,
        group,
        version,
        groupPriority,
        versionPriority,
        service,
        tls,
        isAvailable,
        newDiscovery,
        newOpenApi);
  }

  /** {@code wardle.example.com/v1alpha1}. */
  public String groupVersion() {
    return group + "/" + version;
  }

  /** The name its certificate must have. */
  String host() {
    return service.name() + "." + service.namespace() + ".svc";
  }
}
