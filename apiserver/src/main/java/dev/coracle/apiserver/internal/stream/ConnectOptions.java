package dev.coracle.apiserver.internal.stream;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.apiserver.internal.http.Exchange;
import dev.coracle.apiserver.internal.http.ProxyPath;
import dev.coracle.apiserver.internal.registry.Call;

/**
 * A connection's options as the object that admission sees: {@code PodExecOptions} and the like.
 */
final class ConnectOptions {

  private ConnectOptions() {}

  static ObjectNode of(Exchange exchange, Call call) {
    String kind =
        switch (call.type().resource().resource() + "/" + call.subresource()) {
          case "pods/exec" -> "PodExecOptions";
          case "pods/attach" -> "PodAttachOptions";
          case "pods/portforward" -> "PodPortForwardOptions";
          case "services/proxy" -> "ServiceProxyOptions";
          case "nodes/proxy" -> "NodeProxyOptions";
          default -> "PodProxyOptions";
        };
    ObjectNode out = Json.object().put("kind", kind).put("apiVersion", "v1");
    switch (kind) {
      case "PodExecOptions", "PodAttachOptions" -> {
        for (String flag : new String[] {"stdin", "stdout", "stderr", "tty"}) {
          if (exchange.flag(flag)) {
            out.put(flag, true);
          }
        }
        if (!exchange.query("container").isEmpty()) {
          out.put("container", exchange.query("container"));
        }
        if (kind.equals("PodExecOptions")) {
          exchange.queries("command").forEach(out.putArray("command")::add);
        }
      }
      case "PodPortForwardOptions" -> {
        for (String port : exchange.queries("ports")) {
          try {
            out.withArrayProperty("ports").add(Integer.parseInt(port));
          } catch (NumberFormatException e) {
            out.withArrayProperty("ports").add(port);
          }
        }
      }
      default -> {
        String path = exchange.info().path();
        int end = ProxyPath.end(path);
        if (end >= 0 && end < path.length()) {
          out.put("path", path.substring(end));
        }
      }
    }
    return out;
  }
}
