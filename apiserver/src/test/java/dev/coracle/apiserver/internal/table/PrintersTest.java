package dev.coracle.apiserver.internal.table;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.KubeObject;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Cells that are made of several things, as kube-apiserver makes them. */
class PrintersTest {

  private static final Ages AGES = new Ages(Instant.parse("2026-01-01T00:00:30Z"));
  private static final Map<String, Printer> ALL = new HashMap<>();

  static {
    WorkloadPrinters.add(ALL);
    NetworkPrinters.add(ALL);
    ClusterPrinters.add(ALL);
    StoragePrinters.add(ALL);
    PolicyPrinters.add(ALL);
  }

  private static KubeObject object(String name, String rest) {
    return KubeObject.parse(
        """
        {"apiVersion":"v1","kind":"Any","metadata":{"name":"%s","creationTimestamp":
         "2026-01-01T00:00:00Z"},%s}\
        """
            .formatted(name, rest));
  }

  private static Printer of(String resource) {
    return Objects.requireNonNull(ALL.get(resource), resource);
  }

  private static List<Object> cells(String resource, String rest) {
    return of(resource).cells(object("a", rest), AGES);
  }

  @ParameterizedTest
  @CsvSource({
    "secrets, Data, string",
    "configmaps, Data, string",
    "cronjobs.batch, Suspend, boolean",
    "csidrivers.storage.k8s.io, AttachRequired, boolean",
    "csidrivers.storage.k8s.io, RequiresRepublish, boolean",
    "volumeattachments.storage.k8s.io, Attached, boolean",
    "priorityclasses.scheduling.k8s.io, Global-Default, boolean",
    "poddisruptionbudgets.policy, Allowed Disruptions, integer"
  })
  void aColumnIsOfTheTypeThatClientsKnow(String resource, String column, String type) {
    assertThat(of(resource).columns())
        .filteredOn(c -> c.name().equals(column))
        .extracting(Column::type)
        .containsExactly(type);
  }

  @Test
  void aColumnMeansWhatTheFieldMeansThatItShows() {
    assertThat(ColumnTexts.of("pods", Column.wide("IP"))).startsWith("podIP address allocated");
    assertThat(ColumnTexts.of("nodes", Column.of("Roles")))
        .isEqualTo("The roles that the node's labels give it.");
    assertThat(ColumnTexts.of("", new Column("Age", "string", "", "Of the cheese", 0)))
        .isEqualTo("Of the cheese");
    assertThat(ColumnTexts.of("", Column.CREATED)).contains("CreationTimestamp");
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      delimiter = '|',
      value = {
        "'spec':{'rules':[{'host':'a'},{'host':'b'},{'host':'c'}]} | a,b,c",
        "'spec':{'rules':[{'host':'a'},{'host':'b'},{'host':'c'},{}]} | a,b,c + 1 more...",
        "'spec':{'rules':[{'host':'a'},{},{},{}]} | a",
        "'spec':{'rules':[{},{}]} | *"
      })
  void anIngressShowsThreeHostsAndCountsTheRules(String spec, String hosts) {
    assertThat(cells("ingresses.networking.k8s.io", spec.replace('\'', '"')).get(2))
        .isEqualTo(hosts);
  }

  @Test
  void endpointsFollowEachOtherPortByPort() {
    String two =
        """
        "subsets":[{"addresses":[{"ip":"10.0.0.1"},{"ip":"fd00::1"}],
          "ports":[{"port":80},{"port":443}]}]\
        """;
    assertThat(cells("endpoints", two))
        .containsExactly("a", "10.0.0.1:80,[fd00::1]:80,10.0.0.1:443 + 1 more...", "30s");
    assertThat(cells("endpoints", "\"subsets\":[]").get(1)).isEqualTo("<none>");
    assertThat(cells("endpoints", "\"subsets\":[{\"notReadyAddresses\":[{\"ip\":\"1.1.1.1\"}]}]"))
        .containsExactly("a", "", "30s");
  }

  @Test
  void addressesOfABalancerAreSorted() {
    String service =
        """
        "spec":{"type":"LoadBalancer","ports":[{"port":80}],"externalIPs":["9.9.9.9"]},
        "status":{"loadBalancer":{"ingress":[{"ip":"2.2.2.2"},{"hostname":"lb"},{"ip":"1.1.1.1"}]}}\
        """;
    assertThat(cells("services", service).get(3)).isEqualTo("1.1.1.1,2.2.2.2,lb,9.9.9.9");
  }

  @Test
  void anAddressNamesItsParentWithItsGroup() {
    String parent =
        "\"spec\":{\"parentRef\":{\"resource\":\"gateways\",\"group\":\"example.com\","
            + "\"namespace\":\"default\",\"name\":\"g\"}}";
    assertThat(cells("ipaddresses.networking.k8s.io", parent))
        .containsExactly("a", "gateways.example.com/default/g");
    assertThat(of("ipaddresses.networking.k8s.io").columns())
        .extracting(Column::name)
        .containsExactly("Name", "ParentRef");
    assertThat(cells("ipaddresses.networking.k8s.io", "\"spec\":{}").get(1)).isEqualTo("<none>");
  }

  @Test
  void aClaimShowsEachModeOnceAndWhatItHasOfItsVolume() {
    String bound =
        """
        "spec":{"volumeName":"v","volumeMode":"Block"},"status":{"phase":"Bound",
          "accessModes":["ReadWriteMany","ReadWriteOnce","ReadWriteMany"]}\
        """;
    assertThat(cells("persistentvolumeclaims", bound))
        .containsExactly("a", "Bound", "v", "0", "RWO,RWX", "", "<unset>", "30s", "Block");
  }

  @Test
  void whatClaimsGetByDefaultSaysSo() {
    KubeObject fast =
        KubeObject.parse(
            """
            {"apiVersion":"storage.k8s.io/v1","kind":"StorageClass","provisioner":"p","metadata":
             {"name":"fast","annotations":{"storageclass.beta.kubernetes.io/is-default-class":
              "true"}}}\
            """);
    assertThat(of("storageclasses.storage.k8s.io").cells(fast, AGES).getFirst())
        .isEqualTo("fast (default)");
    KubeObject ingress =
        KubeObject.parse(
            """
            {"apiVersion":"networking.k8s.io/v1","kind":"IngressClass","metadata":{"name":"i",
             "annotations":{"ingressclass.kubernetes.io/is-default-class":"true"}}}\
            """);
    assertThat(of("ingressclasses.networking.k8s.io").cells(ingress, AGES).getFirst())
        .isEqualTo("i");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'' | '' | Pending",
        "Approved | '' | Approved",
        "Approved | MQ== | Approved,Issued",
        "Failed | '' | Pending,Failed",
        "Denied | '' | Denied"
      })
  void aSigningRequestSaysHowFarItIs(String condition, String certificate, String state) {
    String status =
        """
        "spec":{"signerName":"s","username":"u"},
        "status":{"certificate":"%s","conditions":[{"type":"%s","status":"True"}]}\
        """
            .formatted(certificate, condition);
    assertThat(cells("certificatesigningrequests.certificates.k8s.io", status))
        .containsExactly("a", "30s", "s", "u", "<none>", state);
  }

  @Test
  void policiesShowHowManyRulesAndWhatParametersTheyHave() {
    assertThat(
            cells(
                "mutatingadmissionpolicies.admissionregistration.k8s.io",
                "\"spec\":{\"mutations\":[{},{}],\"paramKind\":{\"apiVersion\":\"v1\","
                    + "\"kind\":\"ConfigMap\"}}"))
        .containsExactly("a", 2L, "v1/ConfigMap", "30s");
    String binding = "mutatingadmissionpolicybindings.admissionregistration.k8s.io";
    assertThat(cells(binding, "\"spec\":{\"policyName\":\"p\",\"paramRef\":{\"name\":\"n\"}}"))
        .containsExactly("a", "p", "*/n", "30s");
    assertThat(
            cells(
                binding,
                "\"spec\":{\"paramRef\":{\"selector\":{\"matchLabels\":{\"e\":\"prod\"}}}}"))
        .containsExactly("a", "", "e=prod", "30s");
  }

  @Test
  void flowSchemasStandInTheOrderTheyAreMatched() {
    KubeObject late = object("a", "\"spec\":{\"matchingPrecedence\":900}");
    KubeObject early = object("z", "\"spec\":{\"matchingPrecedence\":1}");
    KubeObject other = object("b", "\"spec\":{\"matchingPrecedence\":900}");
    assertThat(of("flowschemas.flowcontrol.apiserver.k8s.io").inOrder(List.of(other, late, early)))
        .containsExactly(early, late, other);
  }

  @Test
  void aPodThatIsOverSaysSoOnItsRow() {
    assertThat(of("pods").condition(object("p", "\"status\":{\"phase\":\"Running\"}"))).isEmpty();
    assertThat(of("pods").condition(object("p", "\"status\":{\"phase\":\"Failed\"}")))
        .hasValueSatisfying(c ->
            assertThat(c.toString())
                .isEqualTo(
                    "{\"type\":\"Completed\",\"status\":\"True\",\"reason\":\"Failed\","
                        + "\"message\":\"The pod failed.\"}"));
  }

  @Test
  void onlyMetricsThatCanBeEitherSayThatTheyAreAverages() {
    String metrics =
        """
        "spec":{"scaleTargetRef":{"kind":"Deployment","name":"d"},"maxReplicas":3,"metrics":[
          {"type":"Pods","pods":{"target":{"averageValue":"5"}}},
          {"type":"External","external":{"target":{"averageValue":"7"}}}]},
        "status":{"currentMetrics":[{"type":"Pods","pods":{"current":{"averageValue":"4"}}}]}\
        """;
    assertThat(cells("horizontalpodautoscalers.autoscaling", metrics).get(2))
        .isEqualTo("4/5, <unknown>/7 (avg)");
  }
}
