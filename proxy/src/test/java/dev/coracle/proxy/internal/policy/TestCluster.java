package dev.coracle.proxy.internal.policy;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/** Objects of a cluster on two nodes, and the two ways to say whether a connection is let pass. */
final class TestCluster {

  final Map<String, KubeObject> pods = new LinkedHashMap<>();
  final Map<String, KubeObject> namespaces = new LinkedHashMap<>();
  final List<KubeObject> policies = new ArrayList<>();

  /** JSON with single quotes. */
  static ObjectNode json(String text) {
    return (ObjectNode) Json.parse(text.replace('\'', '"'));
  }

  TestCluster namespace(String name, String labels) {
    ObjectNode all = json(labels);
    all.put("kubernetes.io/metadata.name", name);
    ObjectNode out = json("{'apiVersion':'v1','kind':'Namespace','metadata':{}}");
    ((ObjectNode) out.get("metadata")).put("name", name).set("labels", all);
    namespaces.put(name, KubeObject.of(out));
    return this;
  }

  /**
   * A running pod.
   *
   * @param addresses one, or one of each family with a comma between
   */
  TestCluster pod(String key, String node, String addresses, String labels, String ports) {
    String[] parts = key.split("/");
    ObjectNode out =
        json(
            """
            {'apiVersion':'v1','kind':'Pod','metadata':{},
             'spec':{'containers':[{'name':'c'}]},
             'status':{'phase':'Running','podIPs':[]}}\
            """);
    ((ObjectNode) out.get("metadata"))
        .put("namespace", parts[0])
        .put("name", parts[1])
        .put("uid", "uid-" + key)
        .set("labels", json(labels));
    ((ObjectNode) out.get("spec")).put("nodeName", node);
    ((ObjectNode) out.at("/spec/containers/0")).set("ports", json("{'p':" + ports + "}").get("p"));
    for (String each : addresses.split(",")) {
      ((ArrayNode) out.at("/status/podIPs")).addObject().put("ip", each);
    }
    pods.put(key, KubeObject.of(out));
    return this;
  }

  /** Sets a field of the pod, {@code spec.hostNetwork} say. */
  TestCluster change(String pod, String pointer, String value) {
    pods.computeIfPresent(
        pod,
        (_, known) ->
            known.with(o -> {
              int last = pointer.lastIndexOf('/');
              ((ObjectNode) o.at(pointer.substring(0, last)))
                  .set(pointer.substring(last + 1), json("{'v':" + value + "}").get("v"));
            }));
    return this;
  }

  TestCluster policy(String key, String spec) {
    String[] parts = key.split("/");
    ObjectNode out =
        json("{'apiVersion':'networking.k8s.io/v1','kind':'NetworkPolicy','metadata':{}}");
    ((ObjectNode) out.get("metadata")).put("namespace", parts[0]).put("name", parts[1]);
    out.set("spec", json(spec));
    policies.add(KubeObject.of(out));
    return this;
  }

  RuleModel model(String node) {
    Map<String, Map<String, String>> labels = new LinkedHashMap<>();
    namespaces.forEach((name, namespace) -> labels.put(name, namespace.labels()));
    return RuleModel.of(
        ClusterView.of(
            node,
            policies.stream().map(Policy::of).toList(),
            pods.values().stream().map(PodFacts::of).toList(),
            List.of(),
            labels));
  }

  /** Whether the rules of both nodes let the connection pass. */
  boolean passes(String from, String to, Protocol protocol, int port) {
    for (String node : List.of("n1", "n2")) {
      if (!ModelPackets.passes(model(node), from, to, protocol, port)) {
        return false;
      }
    }
    return true;
  }

  List<String> addresses(String pod) {
    List<String> out = new ArrayList<>();
    pods.get(pod).at("status", "podIPs").forEach(ip -> out.add(ip.path("ip").asText()));
    return out;
  }

  String address(String pod) {
    return pods.get(pod).at("status", "podIPs").path(0).path("ip").asText();
  }

  /** Which pods may open a connection to this port of the pod, in order. */
  String whoReaches(String pod, Protocol protocol, int port) {
    TreeSet<String> out = new TreeSet<>();
    for (String from : pods.keySet()) {
      if (passes(address(from), address(pod), protocol, port)) {
        out.add(from);
      }
    }
    return String.join(" ", out);
  }

  /** Which pods this pod may open a connection to. */
  String reachedBy(String pod, Protocol protocol, int port) {
    TreeSet<String> out = new TreeSet<>();
    for (String to : pods.keySet()) {
      if (passes(address(pod), address(to), protocol, port)) {
        out.add(to);
      }
    }
    return String.join(" ", out);
  }
}
