package dev.coracle.kubelet;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.rest.DeleteOptions;
import dev.coracle.cri.v1.Mount;
import dev.coracle.cri.v1.NamespaceMode;
import dev.coracle.cri.v1.UserNamespace;
import org.junit.jupiter.api.Test;

/** Pods with {@code hostUsers: false} (KEP-127), as the runtime hears of them. */
class PodUsersTest {
  private static final String SPEC =
      """
      "hostUsers":false,"volumes":[{"name":"v","emptyDir":{}}],
      "containers":[{"name":"%s","image":"busybox:1",
       "volumeMounts":[{"name":"v","mountPath":"/v"}]}]
      """;

  /** One whose runtime has user namespaces. */
  private static KubeletHarness able() throws Exception {
    KubeletHarness node = new KubeletHarness();
    node.runtime.withUserNamespaces();
    node.restart();
    return node;
  }

  private static UserNamespace users(KubeletHarness node, String container) {
    return node.runtime
        .config(container)
        .orElseThrow()
        .getLinux()
        .getSecurityContext()
        .getNamespaceOptions()
        .getUsernsOptions();
  }

  private static double count(KubeletHarness node, String name) {
    return node.meters().get(name).counter().count();
  }

  @Test
  void theRuntimeIsToldThePodsOwnIdsAndThatItsMountsAreSeenThroughThem() throws Exception {
    try (KubeletHarness node = able()) {
      node.create("own", SPEC.formatted("own"));
      node.simple("shared", "");
      node.awaitPhase("own", "Running");
      node.awaitPhase("shared", "Running");
      UserNamespace own = users(node, "own");
      assertThat(own.getMode()).isEqualTo(NamespaceMode.POD);
      assertThat(own.getUids(0).getHostId()).isGreaterThanOrEqualTo(65536);
      assertThat(own.getUids(0).getLength()).isEqualTo(65536);
      assertThat(node.runtime.config("own").orElseThrow().getMountsList())
          .extracting(Mount::getContainerPath)
          .contains("/v", "/etc/hosts", "/dev/termination-log");
      assertThat(node.runtime.config("own").orElseThrow().getMountsList())
          .allSatisfy(m -> {
            assertThat(m.getUidMappingsList()).isEqualTo(own.getUidsList());
            assertThat(m.getGidMappingsList()).isEqualTo(own.getGidsList());
          });
      assertThat(
              node.runtime
                  .sandboxConfig("own")
                  .getLinux()
                  .getSecurityContext()
                  .getNamespaceOptions()
                  .getUsernsOptions())
          .isEqualTo(own);
      assertThat(count(node, "kubelet_started_user_namespaced_pods_total")).isOne();
      assertThat(count(node, "kubelet_started_user_namespaced_pods_errors_total")).isZero();
      assertThat(users(node, "shared").getMode()).isEqualTo(NamespaceMode.NODE);
      assertThat(node.runtime.config("shared").orElseThrow().getMountsList())
          .allSatisfy(m -> assertThat(m.getUidMappingsList()).isEmpty());
    }
  }

  @Test
  void aRestartedKubeletGivesAContainerTheSameIdsAndNobodyElse() throws Exception {
    try (KubeletHarness node = able()) {
      node.create("own", SPEC.formatted("own"));
      node.awaitPhase("own", "Running");
      UserNamespace before = users(node, "own");
      node.restart();
      node.create("other", SPEC.formatted("other"));
      node.awaitPhase("other", "Running");
      assertThat(users(node, "other").getUids(0)).isNotEqualTo(before.getUids(0));
      node.runtime.exit("own", 1);
      node.eventually(
          () -> assertThat(node.container("own").path("restartCount").asInt()).isEqualTo(1));
      assertThat(users(node, "own")).isEqualTo(before);
      node.delete("own", DeleteOptions.DEFAULT);
      node.eventually(() -> assertThat(node.exists("own")).isFalse());
      node.create("next", SPEC.formatted("next"));
      node.awaitPhase("next", "Running");
      assertThat(users(node, "next").getUids(0))
          .as("ids of who is gone")
          .isEqualTo(before.getUids(0));
    }
  }

  @Test
  void aRuntimeThatCannotIsNotAsked() throws Exception {
    try (KubeletHarness node = new KubeletHarness()) {
      node.create("own", SPEC.formatted("own"));
      node.eventually(() ->
          assertThat(node.events())
              .contains(
                  "FailedCreatePodSandBox: Failed to create pod sandbox: can't set"
                      + " `spec.hostUsers: false`, runtime does not support user namespaces"));
      assertThat(node.runtime.calls()).noneMatch(c -> c.startsWith("runPodSandbox"));
      assertThat(node.pod("own").text("status", "phase")).isEqualTo("Pending");
      KubeObject seen = node.api.get(Resources.NODES, "", "n1").await().indefinitely();
      assertThat(seen.at("status", "runtimeHandlers").isMissingNode()).isTrue();
    }
  }

  @Test
  void theNodeTellsWhetherItsRuntimeCan() throws Exception {
    try (KubeletHarness node = able()) {
      node.eventually(() ->
          assertThat(
                  node.api
                      .get(Resources.NODES, "", "n1")
                      .await()
                      .indefinitely()
                      .at("status", "runtimeHandlers")
                      .toString())
              .isEqualTo(
                  "[{\"name\":\"\",\"features\":{\"recursiveReadOnlyMounts\":false,"
                      + "\"userNamespaces\":true}}]"));
    }
  }
}
