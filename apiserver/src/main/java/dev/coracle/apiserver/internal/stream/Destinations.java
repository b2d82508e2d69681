package dev.coracle.apiserver.internal.stream;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.GroupResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.api.StatusException;
import dev.coracle.api.rest.ListOptions;
import dev.coracle.api.selector.LabelSelector;
import dev.coracle.apiserver.internal.http.Exchange;
import dev.coracle.apiserver.internal.http.ProxyPath;
import dev.coracle.apiserver.internal.registry.Call;
import dev.coracle.apiserver.internal.stream.Destination.KubeletAddress;
import dev.coracle.watchhub.ResourceStore;
import io.smallrye.mutiny.Uni;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Finds out where a connecting request goes: which kubelet, which Pod, which endpoint of a Service.
 */
public final class Destinations {

  private static final GroupResource NODES = new GroupResource("", "nodes");
  private static final GroupResource PODS = new GroupResource("", "pods");
  private static final GroupResource SLICES =
      new GroupResource("discovery.k8s.io", "endpointslices");

  /** Of logs alone: with others nobody could trust what is said to whom. */
  private static final String UNVERIFIED = "insecureSkipTLSVerifyBackend";

  private static final String SIMULATED = "simulation.coracle.dev/node";

  private final ResourceStore store;
  private final Tunnels tunnels;
  private final PodLogMeters logs;

  public Destinations(ResourceStore store, Tunnels tunnels, PodLogMeters logs) {
    this.logs = logs;
    this.store = store;
    this.tunnels = tunnels;
  }

  /** Empty while the pod has no node: there is nothing to read yet. */
  Uni<Optional<Destination>> log(Exchange exchange, Call call) {
    logs.asked(exchange.flag(UNVERIFIED));
    LogOptionRules.check(exchange, call.name());
    return store
        .get(PODS, call.key())
        .chain(pod -> {
          String container = container(pod, exchange.query("container"));
          return pod.text("spec", "nodeName").isEmpty()
              ? Uni.createFrom().item(Optional.empty())
              : kubelet(pod).map(at -> Optional.of(log(exchange, pod, container, at)));
        });
  }

  private static Destination log(
      Exchange exchange, KubeObject pod, String container, KubeletAddress at) {
    String query = query(exchange, List.of("container", "pretty", UNVERIFIED));
    Destination to =
        Destination.kubelet(
            at, "/containerLogs/" + path(pod) + "/" + encode(container) + query, true);
    return exchange.flag(UNVERIFIED) ? to.withoutVerifying() : to;
  }

  /** Whether the container runs is for the kubelet to say. */
  Uni<Destination> container(Exchange exchange, Call call) {
    return store
        .get(PODS, call.key())
        .chain(pod -> {
          String container = container(pod, exchange.query("container"));
          return kubelet(pod)
              .map(at ->
                  Destination.kubelet(
                      at,
                      "/"
                          + call.subresource()
                          + "/"
                          + path(pod)
                          + "/"
                          + encode(container)
                          + query(exchange, List.of("container")),
                      true));
        });
  }

  Uni<Destination> portForward(Exchange exchange, Call call) {
    return store
        .get(PODS, call.key())
        .chain(pod ->
            kubelet(pod)
                .map(at ->
                    Destination.kubelet(
                        at, "/portForward/" + path(pod) + query(exchange, List.of()), true)));
  }

  Uni<Destination> proxy(Exchange exchange, Call call) {
    String[] name = name(call.name());
    String uri = rest(exchange);
    String prefix = prefix(exchange);
    return switch (call.type().resource().resource()) {
      case "nodes" ->
          node(name[1])
              .map(at ->
                  name[2].isEmpty() || name[2].equals(String.valueOf(at.port()))
                      ? Destination.kubelet(at, uri, false, prefix)
                      : new Destination(
                          false,
                          name[0].equals("https"),
                          at.host(),
                          number(name[2], 80),
                          uri,
                          false,
                          prefix));
      case "pods" ->
          store
              .get(PODS, new NamespacedName(call.namespace(), name[1]))
              .map(pod -> pod(pod, name, uri, prefix));
      default ->
          store
              .get(new GroupResource("", "services"), new NamespacedName(call.namespace(), name[1]))
              .chain(service -> service(service, name, uri, prefix));
    };
  }

  /** {@code [scheme, name, port]} of {@code https:name:port}, {@code name:port} or {@code name}. */
  private static String[] name(String text) {
    String[] parts = text.split(":", -1);
    return switch (parts.length) {
      case 1 -> new String[] {"", parts[0], ""};
      case 2 -> new String[] {"", parts[0], parts[1]};
      case 3 -> {
        if (!parts[0].isEmpty() && !parts[0].equals("http") && !parts[0].equals("https")) {
          throw StatusException.badRequest("invalid proxy request \"" + text + "\"");
        }
        yield parts;
      }
      default -> throw StatusException.badRequest("invalid proxy request \"" + text + "\"");
    };
  }

  private static Destination pod(KubeObject pod, String[] name, String uri, String prefix) {
    String ip = pod.text("status", "podIP");
    if (ip.isEmpty()) {
      throw StatusException.badRequest("address not allowed");
    }
    int port = number(name[2], 0);
    if (port == 0) {
      for (JsonNode c : pod.at("spec", "containers")) {
        for (JsonNode p : c.path("ports")) {
          boolean wanted = name[2].isEmpty() || p.path("name").asText("").equals(name[2]);
          if (wanted && port == 0) {
            port = p.path("containerPort").asInt(0);
          }
        }
      }
    }
    return new Destination(
        false, name[0].equals("https"), ip, port == 0 ? 80 : port, uri, false, prefix);
  }

  private Uni<Destination> service(KubeObject service, String[] name, String uri, String prefix) {
    JsonNode chosen = null;
    JsonNode ports = service.at("spec", "ports");
    for (JsonNode p : ports) {
      boolean wanted =
          name[2].isEmpty() && ports.size() == 1
              || p.path("name").asText("").equals(name[2]) && !name[2].isEmpty()
              || p.path("port").asText().equals(name[2]);
      if (wanted && chosen == null) {
        chosen = p;
      }
    }
    if (chosen == null) {
      throw StatusException.unavailable(
          "no service port \"" + name[2] + "\" found for service \"" + service.name() + "\"");
    }
    String portName = chosen.path("name").asText("");
    ListOptions ofService =
        ListOptions.ALL.withLabels(
            LabelSelector.ofLabels(Map.of("kubernetes.io/service-name", service.name())));
    return store
        .list(SLICES, service.namespace(), ofService)
        .map(slices -> {
          List<Destination> ready = new ArrayList<>();
          for (KubeObject slice : slices.items()) {
            for (JsonNode p : slice.at("ports")) {
              if (p.path("name").asText("").equals(portName)) {
                endpoints(slice, p.path("port").asInt(), name, uri, prefix, ready);
              }
            }
          }
          if (ready.isEmpty()) {
            throw StatusException.unavailable(
                "no endpoints available for service \"" + service.name() + "\"");
          }
          return ready.get(ThreadLocalRandom.current().nextInt(ready.size()));
        });
  }

  private static void endpoints(
      KubeObject slice, int port, String[] name, String uri, String prefix, List<Destination> out) {
    for (JsonNode e : slice.at("endpoints")) {
      if (e.path("conditions").path("ready").asBoolean(true)) {
        String ip = e.path("addresses").path(0).asText("");
        out.add(new Destination(false, name[0].equals("https"), ip, port, uri, false, prefix));
      }
    }
  }

  private static int number(String text, int otherwise) {
    try {
      return text.isEmpty() ? otherwise : Integer.parseInt(text);
    } catch (NumberFormatException e) {
      return otherwise;
    }
  }

  /** The path behind {@code /proxy}, as it was sent, with the query. */
  private static String rest(Exchange exchange) {
    String uri = exchange.request().uri();
    int end = ProxyPath.end(uri);
    String rest = end < 0 ? "/" : uri.substring(end);
    return rest.isEmpty() || rest.charAt(0) != '/' ? "/" + rest : rest;
  }

  private static String prefix(Exchange exchange) {
    String uri = exchange.request().uri();
    return uri.substring(0, Math.max(0, ProxyPath.end(uri)));
  }

  /** The container named, or the Pod's only one; an annotation is for clients to read. */
  static String container(KubeObject pod, String asked) {
    List<String> all = new ArrayList<>();
    for (String list : List.of("initContainers", "containers", "ephemeralContainers")) {
      pod.at("spec", list).forEach(c -> all.add(c.path("name").asText("")));
    }
    JsonNode containers = pod.at("spec", "containers");
    if (asked.isEmpty() && containers.size() == 1) {
      return containers.path(0).path("name").asText("");
    }
    if (asked.isEmpty()) {
      throw StatusException.badRequest(
          "a container name must be specified for pod "
              + pod.name()
              + ", choose one of: ["
              + String.join(" ", all)
              + "]");
    }
    if (!all.contains(asked)) {
      throw StatusException.badRequest(
          "container " + asked + " is not valid for pod " + pod.name());
    }
    return asked;
  }

  private Uni<KubeletAddress> kubelet(KubeObject pod) {
    String node = pod.text("spec", "nodeName");
    if (node.isEmpty()) {
      throw StatusException.badRequest("pod " + pod.name() + " does not have a host assigned");
    }
    return node(node);
  }

  private Uni<KubeletAddress> node(String name) {
    return store.get(NODES, new NamespacedName("", name)).map(this::address);
  }

  private KubeletAddress address(KubeObject node) {
    if (node.labels().containsKey(SIMULATED)) {
      throw StatusException.badRequest(
          "node " + node.name() + " is simulated: its containers have no logs and no processes");
    }
    int port = node.at("status", "daemonEndpoints", "kubeletEndpoint", "Port").asInt(10250);
    for (String type : List.of("InternalIP", "ExternalIP", "Hostname")) {
      for (JsonNode a : node.at("status", "addresses")) {
        if (a.path("type").asText("").equals(type)) {
          return new KubeletAddress(
              a.path("address").asText(""), port, tunnels.via(node.name()).orElse(null));
        }
      }
    }
    throw StatusException.unavailable("no preferred addresses found for node " + node.name());
  }

  private static String path(KubeObject pod) {
    return encode(pod.namespace()) + "/" + encode(pod.name());
  }

  private static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }

  /** The raw query without these parameters. */
  static String query(Exchange exchange, List<String> without) {
    String query = exchange.request().query();
    if (query == null || query.isEmpty()) {
      return "";
    }
    List<String> kept = new ArrayList<>();
    for (String part : query.split("&")) {
      int is = part.indexOf('=');
      if (!without.contains(is < 0 ? part : part.substring(0, is))) {
        kept.add(part);
      }
    }
    return kept.isEmpty() ? "" : "?" + String.join("&", kept);
  }
}
