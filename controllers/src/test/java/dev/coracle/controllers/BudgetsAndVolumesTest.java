package dev.coracle.controllers;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.rest.DeleteOptions;
import dev.coracle.api.rest.Patch;
import dev.coracle.controllers.config.ControllerOptions;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class BudgetsAndVolumesTest {

  private final Cluster c =
      new Cluster(
          o -> o.without(List.of("node-lifecycle-controller")).withLocalVolumes("/volumes"));

  @Test
  void aBudgetCountsWhatMayGo() {
    c.create(Resources.DEPLOYMENTS, Cluster.deployment("d", 4, "i"));
    c.create(
        Resources.POD_DISRUPTION_BUDGETS,
        """
        {"apiVersion":"policy/v1","kind":"PodDisruptionBudget",
         "metadata":{"namespace":"default","name":"b"},
         "spec":{"maxUnavailable":"25%","selector":{"matchLabels":{"app":"d"}}}}\
        """);
    c.pass(Duration.ofSeconds(1));
    KubeObject budget = c.get(Resources.POD_DISRUPTION_BUDGETS, "b");
    assertThat(budget.at("status", "expectedPods").asInt()).isEqualTo(4);
    assertThat(budget.at("status", "desiredHealthy").asInt()).isEqualTo(3);
    assertThat(budget.at("status", "disruptionsAllowed").asInt()).isEqualTo(1);
    c.startTime = Duration.ofSeconds(5);
    c.api.remove(Resources.PODS, "default", c.pods().getFirst().name());
    c.context.runUntilIdle();
    budget = c.get(Resources.POD_DISRUPTION_BUDGETS, "b");
    assertThat(budget.at("status", "disruptionsAllowed").asInt()).isZero();
  }

  @Test
  void aQuotaFollowsWhatIsThere() {
    c.create(
        Resources.RESOURCE_QUOTAS,
        """
        {"apiVersion":"v1","kind":"ResourceQuota","metadata":{"namespace":"default","name":"q"},
         "spec":{"hard":{"pods":"10","configmaps":"5","count/deployments.apps":"3"}}}\
        """);
    c.create(Resources.DEPLOYMENTS, Cluster.deployment("d", 3, "i"));
    c.pass(Duration.ofSeconds(1));
    KubeObject quota = c.get(Resources.RESOURCE_QUOTAS, "q");
    assertThat(quota.text("status", "used", "pods")).isEqualTo("3");
    assertThat(quota.text("status", "used", "configmaps")).isEqualTo("1");
    assertThat(quota.text("status", "used", "count/deployments.apps")).isEqualTo("1");
    c.edit(Resources.DEPLOYMENTS, "d", n -> n.withObjectProperty("spec").put("replicas", 1));
    c.pass(Duration.ofSeconds(1));
    assertThat(c.get(Resources.RESOURCE_QUOTAS, "q").text("status", "used", "pods")).isEqualTo("1");
  }

  private static final String CLAIM =
      """
      {"apiVersion":"v1","kind":"PersistentVolumeClaim",
       "metadata":{"namespace":"default","name":"c"},
       "spec":{"storageClassName":"%s","accessModes":["ReadWriteOnce"],
        "resources":{"requests":{"storage":"1Gi"}}}}\
      """;

  private static String volume(String name, String size) {
    return """
    {"apiVersion":"v1","kind":"PersistentVolume","metadata":{"name":"%s"},
     "spec":{"storageClassName":"manual","accessModes":["ReadWriteOnce"],
      "persistentVolumeReclaimPolicy":"Retain","capacity":{"storage":"%s"},
      "hostPath":{"path":"/x"}}}\
    """
        .formatted(name, size);
  }

  @Test
  void aClaimGetsTheSmallestVolumeThatWillDo() {
    c.create(Resources.PERSISTENT_VOLUMES, volume("big", "10Gi"));
    c.create(Resources.PERSISTENT_VOLUMES, volume("fits", "2Gi"));
    c.create(Resources.PERSISTENT_VOLUMES, volume("small", "500Mi"));
    c.create(Resources.PERSISTENT_VOLUME_CLAIMS, CLAIM.formatted("manual"));
    KubeObject claim = c.get(Resources.PERSISTENT_VOLUME_CLAIMS, "c");
    assertThat(claim.text("spec", "volumeName")).isEqualTo("fits");
    assertThat(claim.text("status", "phase")).isEqualTo("Bound");
    assertThat(claim.text("status", "capacity", "storage")).isEqualTo("2Gi");
    assertThat(claim.finalizers()).containsExactly("kubernetes.io/pvc-protection");
    assertThat(c.api.peek(Resources.PERSISTENT_VOLUMES, "", "big"))
        .satisfies(v -> assertThat(v.text("status", "phase")).isEqualTo("Available"));
    c.delete(Resources.PERSISTENT_VOLUME_CLAIMS, "c", DeleteOptions.DEFAULT);
    assertThat(c.peek(Resources.PERSISTENT_VOLUME_CLAIMS, "c")).isNull();
    assertThat(c.api.peek(Resources.PERSISTENT_VOLUMES, "", "fits"))
        .satisfies(v -> assertThat(v.text("status", "phase")).isEqualTo("Released"));
  }

  @Test
  void aLocalVolumeIsMadeWhereTheFirstConsumerRuns() {
    c.create(
        Resources.STORAGE_CLASSES,
        """
        {"apiVersion":"storage.k8s.io/v1","kind":"StorageClass","metadata":{"name":"local"},
         "provisioner":"coracle.dev/local","volumeBindingMode":"WaitForFirstConsumer",
         "reclaimPolicy":"Delete"}\
        """);
    c.create(Resources.PERSISTENT_VOLUME_CLAIMS, CLAIM.formatted("local"));
    assertThat(c.get(Resources.PERSISTENT_VOLUME_CLAIMS, "c").text("status", "phase"))
        .isEqualTo("Pending");
    c.api
        .patch(
            Resources.PERSISTENT_VOLUME_CLAIMS,
            "default",
            "c",
            Patch.merge(n ->
                n.putObject("metadata")
                    .putObject("annotations")
                    .put("volume.kubernetes.io/selected-node", "n1")))
        .await()
        .indefinitely();
    c.context.runUntilIdle();
    KubeObject claim = c.get(Resources.PERSISTENT_VOLUME_CLAIMS, "c");
    assertThat(claim.text("status", "phase")).isEqualTo("Bound");
    KubeObject volume = c.api.all(Resources.PERSISTENT_VOLUMES).getFirst();
    assertThat(volume.text("spec", "hostPath", "path")).isEqualTo("/volumes/pvc-" + claim.uid());
    c.delete(Resources.PERSISTENT_VOLUME_CLAIMS, "c", DeleteOptions.DEFAULT);
    assertThat(c.api.all(Resources.PERSISTENT_VOLUMES)).isEmpty();
    assertThat(ControllerOptions.of("", "").localVolumeDirectory()).isEmpty();
  }

  @Test
  void aClaimInUseStays() {
    c.create(Resources.PERSISTENT_VOLUMES, volume("v", "2Gi"));
    c.create(Resources.PERSISTENT_VOLUME_CLAIMS, CLAIM.formatted("manual"));
    c.create(
        Resources.PODS,
        """
        {"apiVersion":"v1","kind":"Pod","metadata":{"namespace":"default","name":"p"},
         "spec":{"volumes":[{"name":"v","persistentVolumeClaim":{"claimName":"c"}}]}}\
        """);
    c.pass(Duration.ofSeconds(1));
    c.delete(Resources.PERSISTENT_VOLUME_CLAIMS, "c", DeleteOptions.DEFAULT);
    assertThat(c.peek(Resources.PERSISTENT_VOLUME_CLAIMS, "c")).isNotNull();
    c.api.remove(Resources.PODS, "default", "p");
    c.context.runUntilIdle();
    assertThat(c.peek(Resources.PERSISTENT_VOLUME_CLAIMS, "c")).isNull();
  }
}
