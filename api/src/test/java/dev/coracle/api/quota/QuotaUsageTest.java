package dev.coracle.api.quota;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.Quantity;
import dev.coracle.api.Resources;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;

class QuotaUsageTest {

  private static final Instant NOW = Instant.parse("2026-01-01T00:01:00Z");

  private static Map<String, Quantity> usage(GroupVersionResource resource, String object) {
    return QuotaUsage.of(
        resource.groupResource(),
        Json.parse(object.replace('\'', '"').getBytes(StandardCharsets.UTF_8)),
        NOW);
  }

  private static String leaving(String at) {
    return "{'metadata':{'deletionTimestamp':'%s','deletionGracePeriodSeconds':30},'spec':{}}"
        .formatted(at);
  }

  @Test
  void aPodThatShouldBeGoneHasItsPlaceInTheStoreAlone() {
    assertThat(usage(Resources.PODS, leaving("2026-01-01T00:00:29Z")))
        .containsOnlyKeys("count/pods");
    assertThat(usage(Resources.PODS, leaving("2026-01-01T00:00:31Z")))
        .containsOnlyKeys("count/pods", "pods");
    assertThat(usage(Resources.PODS, "{'status':{'phase':'Failed'}}"))
        .containsOnlyKeys("count/pods");
  }

  @Test
  void aClaimTakesWholeBytesAndWhatItsExpansionWasGiven() {
    String claim =
        "{'metadata':{},'spec':{'storageClassName':'fast','resources':{'requests':{'storage':'%s'}}}"
            + ",'status':{'allocatedResources':{'storage':'%s'}}}";
    assertThat(usage(Resources.PERSISTENT_VOLUME_CLAIMS, claim.formatted("500m", "0")))
        .containsEntry("requests.storage", Quantity.of(1))
        .containsEntry("fast.storageclass.storage.k8s.io/requests.storage", Quantity.of(1))
        .containsEntry("fast.storageclass.storage.k8s.io/persistentvolumeclaims", Quantity.of(1));
    assertThat(usage(Resources.PERSISTENT_VOLUME_CLAIMS, claim.formatted("1Gi", "2Gi")))
        .containsEntry("requests.storage", Quantity.parse("2Gi"));
    assertThat(usage(Resources.PERSISTENT_VOLUME_CLAIMS, claim.formatted("2Gi", "1Gi")))
        .containsEntry("requests.storage", Quantity.parse("2Gi"));
  }

  @Test
  void theAnnotationNamesTheClassFirst() {
    assertThat(
            usage(
                Resources.PERSISTENT_VOLUME_CLAIMS,
                "{'metadata':{'annotations':{'volume.beta.kubernetes.io/storage-class':'old'}},"
                    + "'spec':{}}"))
        .containsKey("old.storageclass.storage.k8s.io/persistentvolumeclaims");
  }
}
