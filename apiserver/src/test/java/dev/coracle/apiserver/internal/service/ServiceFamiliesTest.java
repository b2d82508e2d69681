package dev.coracle.apiserver.internal.service;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.net.IpFamily;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.apiserver.TestApi;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What becomes of the fields of families, on clusters with ranges of {@code 4}, {@code 6}, {@code
 * 46} or {@code 64}. The outcome is {@code policy families} or the errors.
 */
class ServiceFamiliesTest {

  private static final String SELECTS = "selector: {a: b}, ";

  private static List<IpFamily> cluster(String digits) {
    return digits.chars().mapToObj(c -> c == '4' ? IpFamily.IPv4 : IpFamily.IPv6).toList();
  }

  private static ObjectNode spec(String yaml) {
    return TestApi.tree("{" + yaml + "}");
  }

  private static String outcome(String cluster, ObjectNode spec, @Nullable KubeObject before) {
    FieldErrors errors = new FieldErrors();
    new ServiceFamilies(cluster(cluster)).fill(spec, before, errors);
    return errors.isEmpty()
        ? spec.path("ipFamilyPolicy").asText("-")
            + " "
            + spec.path("ipFamilies").toString().replaceAll("[\\[\\]\"]", "")
        : errors.causes().stream()
            .map(cause -> cause.field() + ": " + cause.message())
            .collect(Collectors.joining(" & "));
  }

  @ParameterizedTest(name = "on {0}: {1}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          4  |                                          | SingleStack IPv4
          6  |                                          | SingleStack IPv6
          46 |                                          | SingleStack IPv4
          64 |                                          | SingleStack IPv6
          4  | ipFamilyPolicy: PreferDualStack          | PreferDualStack IPv4
          6  | ipFamilyPolicy: PreferDualStack          | PreferDualStack IPv6
          46 | ipFamilyPolicy: PreferDualStack          | PreferDualStack IPv4,IPv6
          64 | ipFamilyPolicy: PreferDualStack          | PreferDualStack IPv6,IPv4
          46 | ipFamilyPolicy: RequireDualStack         | RequireDualStack IPv4,IPv6
          64 | ipFamilyPolicy: RequireDualStack         | RequireDualStack IPv6,IPv4
          4  | ipFamilyPolicy: RequireDualStack         | spec.ipFamilyPolicy: Invalid value: "RequireDualStack": this cluster is not configured for dual-stack services
          4  | ipFamilies: [IPv4]                       | SingleStack IPv4
          46 | ipFamilies: [IPv6]                       | SingleStack IPv6
          64 | ipFamilies: [IPv4]                       | SingleStack IPv4
          4  | ipFamilies: [IPv6]                       | spec.ipFamilies[0]: Invalid value: "IPv6": not configured on this cluster
          6  | ipFamilies: [IPv4]                       | spec.ipFamilies[0]: Invalid value: "IPv4": not configured on this cluster
          46 | ipFamilyPolicy: PreferDualStack, ipFamilies: [IPv6]        | PreferDualStack IPv6,IPv4
          46 | ipFamilyPolicy: RequireDualStack, ipFamilies: [IPv6, IPv4] | RequireDualStack IPv6,IPv4
          46 | ipFamilies: [IPv4, IPv6]                 | spec.ipFamilyPolicy: Invalid value: "SingleStack": must be 'RequireDualStack' or 'PreferDualStack' when multiple IP families are specified
          4  | ipFamilyPolicy: PreferDualStack, ipFamilies: [IPv4, IPv6]  | spec.ipFamilies[1]: Invalid value: "IPv6": not configured on this cluster
          4  | ipFamilyPolicy: RequireDualStack, ipFamilies: [IPv4, IPv6] | spec.ipFamilyPolicy: Invalid value: "RequireDualStack": this cluster is not configured for dual-stack services & spec.ipFamilies[1]: Invalid value: "IPv6": not configured on this cluster
          46 | clusterIP: 10.0.0.1, clusterIPs: [10.0.0.1]                | SingleStack IPv4
          46 | clusterIP: 'fd00::1', clusterIPs: ['fd00::1']              | SingleStack IPv6
          46 | ipFamilyPolicy: PreferDualStack, clusterIP: 'fd00::1', clusterIPs: ['fd00::1'] | PreferDualStack IPv6,IPv4
          46 | ipFamilyPolicy: RequireDualStack, clusterIP: 'fd00::1', clusterIPs: ['fd00::1', 10.0.0.1] | RequireDualStack IPv6,IPv4
          46 | clusterIP: 10.0.0.1, clusterIPs: [10.0.0.1, 'fd00::1']     | spec.ipFamilyPolicy: Invalid value: "SingleStack": must be 'RequireDualStack' or 'PreferDualStack' when multiple cluster IPs are specified
          4  | clusterIP: 'fd00::1', clusterIPs: ['fd00::1']              | spec.clusterIPs[0]: Invalid value: ["fd00::1"]: IPv6 is not configured on this cluster
          4  | ipFamilyPolicy: PreferDualStack, clusterIP: 10.0.0.1, clusterIPs: [10.0.0.1, 'fd00::1'] | spec.clusterIPs[1]: Invalid value: ["10.0.0.1","fd00::1"]: IPv6 is not configured on this cluster
          4  | clusterIP: None, clusterIPs: [None]                        | SingleStack IPv4
          64 | clusterIP: None, clusterIPs: [None]                        | SingleStack IPv6
          46 | clusterIP: None, clusterIPs: [None], ipFamilyPolicy: PreferDualStack | PreferDualStack IPv4,IPv6
          4  | clusterIP: None, clusterIPs: [None], ipFamilyPolicy: RequireDualStack | spec.ipFamilyPolicy: Invalid value: "RequireDualStack": this cluster is not configured for dual-stack services
          4  | type: ExternalName                       | - ""
          """)
  void ofNewServicesThatSelectPods(String cluster, @Nullable String yaml, String outcome) {
    ObjectNode spec = spec(SELECTS + (yaml == null ? "" : yaml));
    assertThat(outcome(cluster, spec, null)).isEqualTo(outcome.replace("- \"\"", "- "));
  }

  @ParameterizedTest(name = "on {0}: {1}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          4  |                                                            | RequireDualStack IPv4,IPv6
          6  |                                                            | RequireDualStack IPv6,IPv4
          64 |                                                            | RequireDualStack IPv6,IPv4
          4  | ipFamilyPolicy: SingleStack                                | SingleStack IPv4
          4  | ipFamilyPolicy: PreferDualStack                            | PreferDualStack IPv4,IPv6
          4  | ipFamilyPolicy: RequireDualStack                           | RequireDualStack IPv4,IPv6
          4  | ipFamilies: [IPv6]                                         | RequireDualStack IPv6,IPv4
          4  | ipFamilyPolicy: SingleStack, ipFamilies: [IPv6]            | SingleStack IPv6
          4  | ipFamilyPolicy: RequireDualStack, ipFamilies: [IPv6, IPv4] | RequireDualStack IPv6,IPv4
          4  | ipFamilyPolicy: SingleStack, ipFamilies: [IPv6, IPv4]      | spec.ipFamilyPolicy: Invalid value: "SingleStack": must be 'RequireDualStack' or 'PreferDualStack' when multiple IP families are specified
          """)
  void ofHeadlessOnesWhoseEndpointsSomebodyElseWrites(
      String cluster, @Nullable String yaml, String outcome) {
    ObjectNode spec =
        spec("clusterIP: None, clusterIPs: [None]" + (yaml == null ? "" : ", " + yaml));
    assertThat(outcome(cluster, spec, null)).isEqualTo(outcome);
  }

  private static final String ONE =
      SELECTS
          + "type: ClusterIP, clusterIP: 10.0.0.1, clusterIPs: [10.0.0.1], ipFamilies: [IPv4], ";
  private static final String TWO =
      SELECTS
          + "type: ClusterIP, clusterIP: 10.0.0.1, clusterIPs: [10.0.0.1, 'fd00::1'],"
          + " ipFamilies: [IPv4, IPv6], ";

  /** A change sets fields; one that is set to null is left out. */
  @ParameterizedTest(name = "on {0}: {1} gets {2}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          46 | 1 SingleStack      | ipFamilyPolicy: PreferDualStack   | PreferDualStack IPv4,IPv6
          46 | 1 SingleStack      | ipFamilyPolicy: RequireDualStack  | RequireDualStack IPv4,IPv6
          4  | 1 SingleStack      | ipFamilyPolicy: PreferDualStack   | PreferDualStack IPv4
          4  | 1 SingleStack      | ipFamilyPolicy: RequireDualStack  | spec.ipFamilyPolicy: Invalid value: "RequireDualStack": this cluster is not configured for dual-stack services
          46 | 1 SingleStack      | ipFamilies: [IPv4, IPv6]          | spec.ipFamilyPolicy: Invalid value: "SingleStack": must be 'RequireDualStack' or 'PreferDualStack' when multiple IP families are specified
          46 | 1 PreferDualStack  | selector: {c: d}                  | PreferDualStack IPv4
          46 | 1 PreferDualStack  | ipFamilyPolicy: RequireDualStack  | RequireDualStack IPv4,IPv6
          46 | 1 PreferDualStack  | ipFamilies: [IPv4, IPv6]          | PreferDualStack IPv4,IPv6
          46 | 1 PreferDualStack  | clusterIPs: [10.0.0.1, 'fd00::9'] | PreferDualStack IPv4,IPv6
          46 | 1 PreferDualStack  | type: NodePort                    | PreferDualStack IPv4,IPv6
          46 | 2 PreferDualStack  | ipFamilyPolicy: SingleStack       | SingleStack IPv4
          46 | 2 RequireDualStack | ipFamilyPolicy: SingleStack, clusterIPs: [10.0.0.1] | SingleStack IPv4
          46 | 2 RequireDualStack | ipFamilyPolicy: SingleStack, ipFamilies: [IPv4]     | SingleStack IPv4
          46 | 2 RequireDualStack | ipFamilyPolicy: PreferDualStack   | PreferDualStack IPv4,IPv6
          46 | 2 RequireDualStack | ipFamilyPolicy: null, ipFamilies: null | RequireDualStack IPv4,IPv6
          46 | 2 PreferDualStack  | clusterIPs: [10.0.0.1]            | spec.ipFamilyPolicy: Invalid value: "PreferDualStack": must be 'SingleStack' to release the secondary cluster IP
          46 | 2 RequireDualStack | ipFamilies: [IPv4]                | spec.ipFamilyPolicy: Invalid value: "RequireDualStack": must be 'SingleStack' to release the secondary IP family
          4  | 2 PreferDualStack  | selector: {c: d}                  | PreferDualStack IPv4,IPv6
          4  | 2 PreferDualStack  | ipFamilyPolicy: SingleStack       | SingleStack IPv4
          46 | 2 PreferDualStack  | type: ExternalName                | PreferDualStack IPv4,IPv6
          """)
  void ofServicesThatChange(String cluster, String from, String change, String outcome) {
    String[] was = from.split(" ");
    ObjectNode before = spec((was[0].equals("1") ? ONE : TWO) + "ipFamilyPolicy: " + was[1]);
    ObjectNode now = before.deepCopy();
    now.setAll(spec(change));
    now.properties().removeIf(field -> field.getValue().isNull());
    ObjectNode old = Json.object();
    old.set("spec", before);
    assertThat(outcome(cluster, now, KubeObject.of(old))).isEqualTo(outcome);
    // What is not there has no address either.
    if (outcome.startsWith("SingleStack")) {
      assertThat(Arrays.asList(1, 0)).contains(now.path("clusterIPs").size());
    }
  }
}
