package dev.coracle.proxy.internal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.KubeObject;
import dev.coracle.proxy.internal.ServicePort.Endpoint;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Hints of EndpointSlices, seen from node n1 in zone a. */
class NearEndpointsTest {

  private static KubeObject service(String policies) {
    return KubeObject.parse(
        """
        {"apiVersion":"v1","kind":"Service","metadata":{"name":"web","namespace":"shop"},
         "spec":{"clusterIP":"10.96.0.5","ports":[{"name":"http","port":80,"nodePort":30080}]%s}}
        """
            .formatted(policies));
  }

  /**
   * @param endpoints each {@code NUMBER}, then of {@code n1}, {@code n2} the nodes and of {@code
   *     za}, {@code zb} the zones it is meant for, and {@code -} when it is not ready, {@code ~}
   *     when it serves and terminates; separated by {@code /}
   */
  private static KubeObject slice(String endpoints) {
    String list =
        Arrays.stream(endpoints.split(" "))
            .map(text -> {
              List<String> words = List.of(text.split("/"));
              return """
              {"addresses":["10.244.0.%s"],"nodeName":"n%s","conditions":{"ready":%b,"serving":%b,"terminating":%b},
               "hints":{"forNodes":[%s],"forZones":[%s]}}\
              """
                  .formatted(
                      words.getFirst(),
                      words.getFirst(),
                      !words.contains("-") && !words.contains("~"),
                      !words.contains("-"),
                      words.contains("~"),
                      names(words, "n", ""),
                      names(words, "z", "z"));
            })
            .collect(Collectors.joining(","));
    return KubeObject.parse(
        """
        {"apiVersion":"discovery.k8s.io/v1","kind":"EndpointSlice","addressType":"IPv4",
         "metadata":{"name":"web-1","namespace":"shop"},
         "ports":[{"name":"http","protocol":"TCP","port":8080}],"endpoints":[%s]}
        """
            .formatted(list));
  }

  private static String names(List<String> words, String prefix, String without) {
    return words.stream()
        .filter(word -> word.startsWith(prefix))
        .map(word -> "{\"name\":\"" + word.substring(without.length()) + "\"}")
        .collect(Collectors.joining(","));
  }

  private static String numbers(List<Endpoint> endpoints) {
    return endpoints.stream()
        .map(e -> e.address().substring("10.244.0.".length()))
        .collect(Collectors.joining(" "));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "a | 1/za 2/za 3/zb | 1 2 | those of the zone",
        "a | 2/zb 3/zb | 2 3 | none is for the zone: all",
        "a | 1/za 2 | 1 2 | one has no hint: all",
        "a | 1/za 2/- 3/zb | 1 | one that is not ready needs no hint",
        "'' | 1/za 2/zb | 1 2 | a node without a zone",
        "a | 1/n1/za 2/n2/za 3/n3/zb | 1 | those of the node first",
        "a | 2/n2/za 3/n3/zb | 2 | none on the node: those of the zone",
        "a | 3/n3/zb 4/n4/zb | 3 4 | none near: all",
        "a | 1/n1 2/n2 | 1 | nodes alone",
        "a | 3/n3 2/n2 | 2 3 | nodes alone, none here: all",
        "a | 1/za/~ 2/zb/~ | 1 2 | all terminate: hints have no say",
      })
  void hintsNarrowDownWhereTheyCan(String zone, String endpoints, String expected, String why) {
    ServicePort port =
        new ServiceTable("n1", "").ports(service(""), List.of(slice(endpoints)), zone).getFirst();
    assertThat(numbers(port.endpoints())).as(why).isEqualTo(expected);
    assertThat(numbers(port.outside().endpoints())).as(why).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "1/za 1/zb 2/za | 1 | hints have no say about a policy Local",
        "2/za 3/za | '' | none of this node",
      })
  void policiesOfLocalGoFirst(String endpoints, String expected, String why) {
    ServicePort port =
        new ServiceTable("n1", "")
            .ports(
                service(",\"internalTrafficPolicy\":\"Local\",\"externalTrafficPolicy\":\"Local\""),
                List.of(slice(endpoints)),
                "a")
            .getFirst();
    assertThat(numbers(port.endpoints())).as(why).isEqualTo(expected);
    assertThat(numbers(port.outside().endpoints())).as(why).isEqualTo(expected);
  }
}
