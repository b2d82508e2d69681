package dev.coracle.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.kubernetes.client.openapi.ApiClient;
import io.kubernetes.client.openapi.apis.CoreV1Api;
import io.kubernetes.client.openapi.models.V1Namespace;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A client of others, unchanged. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(120)
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
  void theOfficialClientListsAndCreates() throws Exception {
    ApiClient client = io.kubernetes.client.util.Config.fromConfig(coracle.kubeconfig().toString());
    CoreV1Api core = new CoreV1Api(client);
    core.createNamespace(new V1Namespace().metadata(new V1ObjectMeta().name("official"))).execute();
    List<String> names =
        core.listNamespace().execute().getItems().stream()
            .map(n -> n.getMetadata().getName())
            .toList();
    assertThat(names).contains("default", "kube-system", "official");
    assertThat(core.listPodForAllNamespaces().execute().getItems()).isNotNull();
  }
}
