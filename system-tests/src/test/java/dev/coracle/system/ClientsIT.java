package dev.coracle.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.Watch;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import io.kubernetes.client.openapi.ApiClient;
import io.kubernetes.client.openapi.apis.CoreV1Api;
import io.kubernetes.client.openapi.models.V1Namespace;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Clients of others, unchanged. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ClientsIT {

  private CoracleProcess coracle;

  @BeforeAll
  void start(@TempDir Path directory) throws Exception {
    coracle = CoracleProcess.start(directory.resolve("data"));
  }

  @AfterAll
  void stop() throws Exception {
    coracle.close();
  }

  @Test
  void fabric8CreatesWatchesAndDeletes() throws Exception {
    try (KubernetesClient client =
        new KubernetesClientBuilder().withConfig(Config.fromKubeconfig(coracle.kubeconfig().toFile())).build()) {
      assertThat(client.getKubernetesVersion().getMinor()).isEqualTo("36");
      CompletableFuture<ConfigMap> seen = new CompletableFuture<>();
      try (Watch watch =
          client
              .configMaps()
              .inNamespace("default")
              .withName("from-fabric8")
              .watch(
                  new Watcher<>() {
                    @Override
                    public void eventReceived(Action action, ConfigMap object) {
                      if (action == Action.MODIFIED) {
                        seen.complete(object);
                      }
                    }

                    @Override
                    public void onClose(WatcherException cause) {
                      seen.completeExceptionally(cause);
                    }
                  })) {
        ConfigMap made =
            client
                .resource(
                    new ConfigMapBuilder()
                        .withNewMetadata()
                        .withName("from-fabric8")
                        .withNamespace("default")
                        .endMetadata()
                        .addToData("a", "1")
                        .build())
                .create();
        assertThat(made.getMetadata().getUid()).isNotEmpty();
        client
            .configMaps()
            .inNamespace("default")
            .withName("from-fabric8")
            .edit(c -> new ConfigMapBuilder(c).addToData("a", "2").build());
        assertThat(seen.get(10, TimeUnit.SECONDS).getData()).containsEntry("a", "2");
      }
      assertThat(client.configMaps().inNamespace("default").withName("from-fabric8").delete()).hasSize(1);
      assertThat(client.nodes().list().getItems()).hasSize(1);
    }
  }

  @Test
  void theOfficialClientListsAndCreates() throws Exception {
    ApiClient client = io.kubernetes.client.util.Config.fromConfig(coracle.kubeconfig().toString());
    CoreV1Api core = new CoreV1Api(client);
    core.createNamespace(new V1Namespace().metadata(new V1ObjectMeta().name("official"))).execute();
    List<String> names =
        core.listNamespace().execute().getItems().stream().map(n -> n.getMetadata().getName()).toList();
    assertThat(names).contains("default", "kube-system", "official");
    assertThat(core.listPodForAllNamespaces().execute().getItems()).isNotNull();
  }
}
