package dev.coracle.controllers;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.rest.DeleteOptions;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Which pods keep a claim that is being deleted. */
class ClaimProtectionTest {

  private final Cluster c = new Cluster(o -> o.without(List.of("node-lifecycle-controller")));

  @BeforeEach
  void claim() {
    c.create(
        Resources.PERSISTENT_VOLUME_CLAIMS,
        """
        {"apiVersion":"v1","kind":"PersistentVolumeClaim",
         "metadata":{"namespace":"default","name":"c"},
         "spec":{"storageClassName":"manual","accessModes":["ReadWriteOnce"],
          "resources":{"requests":{"storage":"1Gi"}}}}\
        """);
  }

  private void pod(String metadata, String node, String volume, String phase) {
    c.api.put(
        Resources.PODS,
        KubeObject.parse(
            """
            {"apiVersion":"v1","kind":"Pod",
             "metadata":{"namespace":"default","name":"p","uid":"p-uid"%s},
             "spec":{%s"volumes":[%s]},"status":{"phase":"%s"}}\
            """
                .formatted(
                    metadata,
                    node.isEmpty() ? "" : "\"nodeName\":\"" + node + "\",",
                    volume,
                    phase)));
    c.pass(Duration.ofSeconds(1));
  }

  private static final String OF_CLAIM =
      "{\"name\":\"v\",\"persistentVolumeClaim\":{\"claimName\":\"c\"}}";

  private boolean goesWhenDeleted() {
    c.delete(Resources.PERSISTENT_VOLUME_CLAIMS, "c", DeleteOptions.DEFAULT);
    c.context.runUntilIdle();
    return c.peek(Resources.PERSISTENT_VOLUME_CLAIMS, "c") == null;
  }

  @Test
  void aPodWithANodeKeepsItUntilThePodIsGone() {
    pod("", "n1", OF_CLAIM, "Running");
    assertThat(goesWhenDeleted()).isFalse();
    pod("", "n1", OF_CLAIM, "Succeeded");
    assertThat(c.peek(Resources.PERSISTENT_VOLUME_CLAIMS, "c")).isNotNull();
    c.api.remove(Resources.PODS, "default", "p");
    c.context.runUntilIdle();
    assertThat(c.peek(Resources.PERSISTENT_VOLUME_CLAIMS, "c")).isNull();
  }

  @Test
  void aPodWithoutANodeKeepsItNot() {
    pod("", "", OF_CLAIM, "");
    assertThat(goesWhenDeleted()).isTrue();
  }

  private static final String EPHEMERAL =
      """
      {"name":"scratch","ephemeral":{"volumeClaimTemplate":{"spec":{
       "storageClassName":"manual","accessModes":["ReadWriteOnce"],
       "resources":{"requests":{"storage":"1Gi"}}}}}}\
      """;

  @Test
  void anEphemeralVolumeIsKeptByThePodThatOwnsItUntilThatIsShutDown() {
    pod("", "n1", EPHEMERAL, "Running");
    c.delete(Resources.PERSISTENT_VOLUME_CLAIMS, "p-scratch", DeleteOptions.DEFAULT);
    assertThat(c.peek(Resources.PERSISTENT_VOLUME_CLAIMS, "p-scratch")).isNotNull();
    pod(
        ",\"deletionTimestamp\":\"2026-01-01T00:00:00Z\",\"deletionGracePeriodSeconds\":0,"
            + "\"finalizers\":[\"example.com/waits-for-the-claim\"]",
        "n1",
        EPHEMERAL,
        "Failed");
    assertThat(c.peek(Resources.PERSISTENT_VOLUME_CLAIMS, "p-scratch")).isNull();
  }

  @Test
  void aClaimThatIsOnlyCalledLikeAnEphemeralVolumeIsNotKept() {
    c.create(
        Resources.PERSISTENT_VOLUME_CLAIMS,
        """
        {"apiVersion":"v1","kind":"PersistentVolumeClaim",
         "metadata":{"namespace":"default","name":"p-scratch"},
         "spec":{"storageClassName":"manual","accessModes":["ReadWriteOnce"],
          "resources":{"requests":{"storage":"1Gi"}}}}\
        """);
    pod("", "n1", EPHEMERAL, "Pending");
    c.delete(Resources.PERSISTENT_VOLUME_CLAIMS, "p-scratch", DeleteOptions.DEFAULT);
    assertThat(c.peek(Resources.PERSISTENT_VOLUME_CLAIMS, "p-scratch")).isNull();
  }
}
