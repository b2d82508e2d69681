package dev.coracle.kubelet.internal.serving;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.Quantity;
import dev.coracle.kubelet.config.CpuManagement;
import dev.coracle.kubelet.config.EvictionThreshold;
import dev.coracle.kubelet.config.KubeletConfiguration;
import dev.coracle.kubelet.config.KubeletOptions;
import dev.coracle.kubelet.config.MemoryManagement;
import dev.coracle.kubelet.config.NodeReservations;
import dev.coracle.kubelet.config.ShutdownOptions;
import dev.coracle.kubelet.config.TopologyManagement;
import dev.coracle.kubelet.internal.pod.GoText;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;

/** {@code /configz}: what this kubelet goes by, as the KubeletConfiguration that would say so. */
final class Configz {
  private Configz() {}

  static JsonNode of(KubeletOptions options) {
    KubeletConfiguration chosen = options.configuration();
    ObjectNode out = Json.object();
    ObjectNode config =
        out.putObject("kubeletconfig")
            .put("kind", "KubeletConfiguration")
            .put("apiVersion", "kubelet.config.k8s.io/v1beta1");
    options.staticPodPath().ifPresent(p -> config.put("staticPodPath", p.toString()));
    chosen
        .staticPodUrl()
        .ifPresent(u -> {
          config.put("staticPodURL", u.url().toString());
          ObjectNode headers = config.putObject("staticPodURLHeader");
          u.headers().keySet().forEach(name -> headers.putArray(name).add("<masked>"));
          config.put("httpCheckFrequency", GoText.duration(u.every()));
        });
    options
        .server()
        .ifPresent(s -> {
          config.put("enableServer", true).put("address", s.host()).put("port", s.port());
          ObjectNode authentication = config.putObject("authentication");
          authentication.putObject("x509").put("clientCAFile", s.clientCa().toString());
          authentication.putObject("webhook").put("enabled", true);
          authentication.putObject("anonymous").put("enabled", s.anonymousAuth());
          config.putObject("authorization").put("mode", "Webhook");
          config
              .put("streamingConnectionIdleTimeout", GoText.duration(s.streamIdleTimeout()))
              .put("enableDebuggingHandlers", s.debugging())
              .put("enableSystemLogHandler", s.logDirectory().isPresent())
              .put("enableSystemLogQuery", s.logQueries());
        });
    config.put("clusterDomain", chosen.dns().domainOr(options.clusterDomain()));
    ArrayNode dns = config.putArray("clusterDNS");
    chosen.dns().serversOr(options.clusterDns()).forEach(dns::add);
    chosen.dns().resolvConf().ifPresent(file -> config.put("resolvConf", file));
    config
        .put("containerRuntimeEndpoint", options.runtimeEndpoint())
        .put("runtimeRequestTimeout", GoText.duration(chosen.runtimeTimeout()))
        .put("podLogsDir", options.podLogsDir().toString());
    ChosenParts.pods(options, config);
    ChosenParts.cgroups(options, config);
    ChosenParts.node(chosen.node(), config);
    ChosenParts.images(chosen.images(), config);
    ChosenParts.logs(chosen.logs(), config);
    ChosenParts.serving(chosen, config);
    reservations(chosen.reservations(), config);
    cpus(chosen.cpus(), config);
    topology(chosen.numa().topology(), config);
    memory(chosen.numa().memory(), config);
    eviction(chosen, config);
    ArrayNode groups = config.putArray("shutdownGracePeriodByPodPriority");
    for (ShutdownOptions.Group g : chosen.shutdown().groups()) {
      groups
          .addObject()
          .put("priority", g.priority())
          .put("shutdownGracePeriodSeconds", g.period().toSeconds());
    }
    return out;
  }

  private static void reservations(NodeReservations reserved, ObjectNode config) {
    ArrayNode enforced = config.putArray("enforceNodeAllocatable");
    reserved.enforced().stream()
        .map(NodeReservations.Enforcement::text)
        .sorted()
        .forEach(enforced::add);
    if (enforced.isEmpty()) {
      enforced.add("none");
    }
    amounts(config, "kubeReserved", reserved.kube());
    amounts(config, "systemReserved", reserved.system());
    text(config, "kubeReservedCgroup", reserved.kubeCgroup());
    text(config, "systemReservedCgroup", reserved.systemCgroup());
    text(config, "reservedSystemCPUs", reserved.systemCpus());
  }

  private static void cpus(CpuManagement chosen, ObjectNode config) {
    config.put("cpuManagerPolicy", chosen.policy());
    if (chosen.exclusive()) {
      ObjectNode options = config.putObject("cpuManagerPolicyOptions");
      for (CpuManagement.Option option : CpuManagement.Option.values()) {
        options.put(option.text(), Boolean.toString(chosen.has(option)));
      }
    }
  }

  private static void topology(TopologyManagement chosen, ObjectNode config) {
    config
        .put("topologyManagerPolicy", chosen.policy().text())
        .put("topologyManagerScope", chosen.scope());
    if (!chosen.equals(TopologyManagement.NONE)) {
      config
          .putObject("topologyManagerPolicyOptions")
          .put(TopologyManagement.CLOSEST, Boolean.toString(chosen.closest()))
          .put(TopologyManagement.MOST_NODES, Integer.toString(chosen.mostNodes()));
    }
  }

  private static void memory(MemoryManagement chosen, ObjectNode config) {
    config.put("memoryManagerPolicy", chosen.policy());
    if (!chosen.reserved().isEmpty()) {
      ArrayNode nodes = config.putArray("reservedMemory");
      new TreeMap<>(chosen.reserved())
          .forEach(
              (node, limits) -> amounts(nodes.addObject().put("numaNode", node), "limits", limits));
    }
  }

  private static void amounts(ObjectNode config, String field, Map<String, Quantity> amounts) {
    if (!amounts.isEmpty()) {
      ObjectNode out = config.putObject(field);
      new TreeMap<>(amounts).forEach((resource, q) -> out.put(resource, q.toString()));
    }
  }

  private static void text(ObjectNode config, String field, String value) {
    if (!value.isEmpty()) {
      config.put(field, value);
    }
  }

  private static void eviction(KubeletConfiguration chosen, ObjectNode config) {
    ObjectNode hard = Json.object();
    ObjectNode soft = Json.object();
    ObjectNode grace = Json.object();
    ObjectNode reclaim = Json.object();
    for (EvictionThreshold t : chosen.eviction().thresholds()) {
      String signal = t.signal().text();
      (t.isHard() ? hard : soft).put(signal, text(t.value()));
      if (!t.isHard()) {
        grace.put(signal, GoText.duration(t.grace()));
      }
      if (!t.reclaim().equals(EvictionThreshold.Amount.NONE)) {
        reclaim.put(signal, text(t.reclaim()));
      }
    }
    if (hard.isEmpty()) {
      hard.put("memory.available", "0%"); // None at all stands for the default ones.
    }
    config.set("evictionHard", hard);
    if (!soft.isEmpty()) {
      config.set("evictionSoft", soft);
      config.set("evictionSoftGracePeriod", grace);
    }
    if (!reclaim.isEmpty()) {
      config.set("evictionMinimumReclaim", reclaim);
    }
    Duration transition = chosen.eviction().pressureTransition();
    config
        .put("evictionPressureTransitionPeriod", GoText.duration(transition))
        .put("evictionMaxPodGracePeriod", chosen.eviction().maxPodGraceSeconds());
  }

  private static String text(EvictionThreshold.Amount amount) {
    return amount.percent() == 0
        ? Quantity.ofBytes(amount.quantity()).toString()
        : new java.math.BigDecimal(Float.toString(amount.percent()))
                .stripTrailingZeros()
                .toPlainString()
            + "%";
  }
}
