package dev.coracle.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.rest.ListOptions;
import dev.coracle.testkit.TestCluster;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Several clusters in one JVM: each has its own API, addresses and objects. */
class ManyClustersIT {

  @Test
  void twoClustersDoNotKnowOfEachOther(@TempDir Path directory) throws Exception {
    try (TestCluster one = TestCluster.start(directory.resolve("one"));
        TestCluster two = TestCluster.start(directory.resolve("two"))) {
      one.client()
          .create(
              Resources.CONFIG_MAPS,
              KubeObject.create(
                  new GroupVersionKind("", "v1", "ConfigMap"), "default", "only-here", n -> {}))
          .await()
          .indefinitely();
      assertThat(names(one)).contains("only-here");
      assertThat(names(two)).doesNotContain("only-here");
      assertThat(one.cluster().apiUrl()).isNotEqualTo(two.cluster().apiUrl());
      assertThat(kubernetesIp(one)).isNotEqualTo(kubernetesIp(two));
    }
  }

  private static java.util.List<String> names(TestCluster cluster) {
    return cluster
        .client()
        .list(Resources.CONFIG_MAPS, "default", ListOptions.ALL)
        .await()
        .indefinitely()
        .items()
        .stream()
        .map(KubeObject::name)
        .toList();
  }

  private static String kubernetesIp(TestCluster cluster) {
    return cluster
        .client()
        .get(Resources.SERVICES, "default", "kubernetes")
        .await()
        .indefinitely()
        .text("spec", "clusterIP");
  }
}
