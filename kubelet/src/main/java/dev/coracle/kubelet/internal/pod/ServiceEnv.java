package dev.coracle.kubelet.internal.pod;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The variables that name Services, as Docker links once did (Kubernetes docs, "Environment
 * variables" of Service).
 */
public final class ServiceEnv {
  private ServiceEnv() {}

  /**
   * @param services those of the pod's namespace when it wants links, and {@code
   *     default/kubernetes} always
   */
  public static Map<String, String> of(Collection<KubeObject> services) {
    Map<String, String> env = new LinkedHashMap<>();
    List<KubeObject> sorted = new ArrayList<>(services);
    sorted.sort(Comparator.comparing(KubeObject::name));
    for (KubeObject service : sorted) {
      String ip = service.text("spec", "clusterIP");
      JsonNode ports = service.at("spec", "ports");
      if (ip.isEmpty() || ip.equals("None") || ports.isEmpty()) {
        continue;
      }
      String prefix = variable(service.name());
      JsonNode first = ports.path(0);
      env.put(prefix + "_SERVICE_HOST", ip);
      env.put(prefix + "_SERVICE_PORT", first.path("port").asText());
      for (JsonNode port : ports) {
        String name = port.path("name").asText("");
        if (!name.isEmpty()) {
          env.put(prefix + "_SERVICE_PORT_" + variable(name), port.path("port").asText());
        }
      }
      String host = ip.indexOf(':') >= 0 ? "[" + ip + "]" : ip;
      boolean isFirst = true;
      for (JsonNode port : ports) {
        String protocol = port.path("protocol").asText("TCP");
        String lower = protocol.toLowerCase(Locale.ROOT);
        String number = port.path("port").asText();
        String url = lower + "://" + host + ":" + number;
        if (isFirst) {
          env.put(prefix + "_PORT", url);
          isFirst = false;
        }
        String base = prefix + "_PORT_" + number + "_" + protocol.toUpperCase(Locale.ROOT);
        env.put(base, url);
        env.put(base + "_PROTO", lower);
        env.put(base + "_PORT", number);
        env.put(base + "_ADDR", ip);
      }
    }
    return env;
  }

  private static String variable(String name) {
    return name.replace('-', '_').toUpperCase(Locale.ROOT);
  }
}
