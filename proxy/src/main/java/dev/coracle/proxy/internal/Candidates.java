package dev.coracle.proxy.internal;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.net.IpFamily;
import dev.coracle.proxy.internal.ServicePort.Endpoint;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * The endpoints of one port in one IP family, and which of them get traffic at one place. Ready
 * ones do; when there is none, those that still serve while they terminate (KEP-1669). Hints of the
 * slices narrow the ready ones down to those for this node, else to those for its zone, where every
 * one has a hint of that kind and at least one is for here (KEP-4444, KEP-3015).
 */
final class Candidates {

  private record Candidate(
      Endpoint endpoint, String node, Set<String> forNodes, Set<String> forZones) {}

  private final Place here;
  private final List<Candidate> ready = new ArrayList<>();
  private final List<Candidate> draining = new ArrayList<>();

  private Candidates(Place here) {
    this.here = here;
  }

  /**
   * @param port its name
   */
  static Candidates of(Collection<KubeObject> slices, IpFamily family, String port, Place here) {
    Candidates out = new Candidates(here);
    for (KubeObject slice : slices) {
      if (!slice.text("addressType").equals(family.name())) {
        continue;
      }
      for (JsonNode p : slice.at("ports")) {
        if (p.path("name").asText("").equals(port) && p.hasNonNull("port")) {
          slice.at("endpoints").forEach(e -> out.add(e, p.path("port").asInt()));
        }
      }
    }
    return out;
  }

  /** How many ready endpoints of any port a node has. */
  static int readyOn(String node, Collection<KubeObject> slices, IpFamily family) {
    Set<String> addresses = new HashSet<>();
    for (KubeObject slice : slices) {
      if (slice.text("addressType").equals(family.name())) {
        for (JsonNode endpoint : slice.at("endpoints")) {
          if (endpoint.path("nodeName").asText("").equals(node)
              && endpoint.path("conditions").path("ready").asBoolean(true)) {
            endpoint.path("addresses").forEach(address -> addresses.add(address.asText()));
          }
        }
      }
    }
    return addresses.size();
  }

  private void add(JsonNode endpoint, int port) {
    JsonNode conditions = endpoint.path("conditions");
    boolean isReady = conditions.path("ready").asBoolean(true);
    boolean isServing = conditions.path("serving").asBoolean(isReady);
    boolean isDraining = isServing && conditions.path("terminating").asBoolean(false);
    JsonNode hints = endpoint.path("hints");
    for (JsonNode address : endpoint.path("addresses")) {
      Candidate candidate =
          new Candidate(
              new Endpoint(address.asText(), port),
              endpoint.path("nodeName").asText(""),
              names(hints.path("forNodes")),
              names(hints.path("forZones")));
      if (isReady) {
        ready.add(candidate);
      } else if (isDraining) {
        draining.add(candidate);
      }
    }
  }

  private static Set<String> names(JsonNode hints) {
    Set<String> out = new HashSet<>();
    hints.forEach(hint -> out.add(hint.path("name").asText("")));
    return out;
  }

  /** Of all nodes, near ones only where hints say so; in a fixed order. */
  List<Endpoint> near() {
    List<Candidate> near = hinted(Candidate::forNodes, here.node());
    if (near.isEmpty()) {
      near = hinted(Candidate::forZones, here.zone());
    }
    return near.isEmpty() ? endpoints(_ -> true) : sorted(near);
  }

  /** Of this node alone. */
  List<Endpoint> local() {
    return endpoints(c -> c.node().equals(here.node()));
  }

  /** Those hinted for here; none where the hints have no say. */
  private List<Candidate> hinted(Function<Candidate, Set<String>> hints, String name) {
    return ready.stream().anyMatch(c -> hints.apply(c).isEmpty())
        ? List.of()
        : ready.stream().filter(c -> hints.apply(c).contains(name)).toList();
  }

  private List<Endpoint> endpoints(Predicate<Candidate> of) {
    List<Candidate> first = ready.stream().filter(of).toList();
    return sorted(first.isEmpty() ? draining.stream().filter(of).toList() : first);
  }

  private static List<Endpoint> sorted(List<Candidate> candidates) {
    return candidates.stream().map(Candidate::endpoint).distinct().sorted().toList();
  }
}
