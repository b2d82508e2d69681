package dev.coracle.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.Watch;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import io.fabric8.kubernetes.client.dsl.ExecWatch;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The fabric8 client, unchanged: it watches through WebSockets where it can. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(120)
class Fabric8IT {

  private static final String NAMESPACE = "default";

  private CoracleProcess coracle;
  private KubernetesClient client;

  @BeforeAll
  void start(@TempDir Path directory) throws Exception {
    coracle = CoracleProcess.start(directory.resolve("data"));
    client =
        new KubernetesClientBuilder()
            .withConfig(Config.fromKubeconfig(Files.readString(coracle.kubeconfig())))
            .build();
  }

  @AfterAll
  void stop() throws Exception {
    if (client != null) {
      client.close();
    }
    if (coracle != null) {
      coracle.close();
    }
  }

  @Test
  void itListsNamespaces() {
    assertThat(client.namespaces().list().getItems())
        .extracting((Namespace n) -> n.getMetadata().getName())
        .contains("default", "kube-system", "kube-public", "kube-node-lease");
  }

  @Test
  void itWatchesWhatItApplies() throws Exception {
    BlockingQueue<String> events = new LinkedBlockingQueue<>();
    Watcher<ConfigMap> watcher =
        new Watcher<>() {
          @Override
          public void eventReceived(Action action, ConfigMap configMap) {
            if (configMap.getMetadata().getName().equals("watched")) {
              events.add(action.name());
            }
          }

          @Override
          public void onClose(WatcherException cause) {
            events.add("closed: " + cause.getMessage());
          }
        };
    try (Watch watch = client.configMaps().inNamespace(NAMESPACE).watch(watcher)) {
      assertThat(watch).isNotNull();
      client.resource(configMap("watched", "1")).inNamespace(NAMESPACE).serverSideApply();
      assertThat(events.poll(20, TimeUnit.SECONDS)).isEqualTo("ADDED");
      client.resource(configMap("watched", "2")).inNamespace(NAMESPACE).serverSideApply();
      assertThat(events.poll(20, TimeUnit.SECONDS)).isEqualTo("MODIFIED");
      client.configMaps().inNamespace(NAMESPACE).withName("watched").delete();
      assertThat(events.poll(20, TimeUnit.SECONDS)).isEqualTo("DELETED");
    }
  }

  @Test
  void anInformerKeepsUp() {
    try (SharedIndexInformer<ConfigMap> informer =
        client.configMaps().inNamespace(NAMESPACE).inform()) {
      client.resource(configMap("informed", "1")).inNamespace(NAMESPACE).create();
      Awaitility.await()
          .atMost(Duration.ofSeconds(20))
          .until(() -> informer.getIndexer().getByKey(NAMESPACE + "/informed") != null);
    }
  }

  @Test
  void itRunsAPodReadsItsLogAndExecutesInIt() throws Exception {
    Pod pod =
        new PodBuilder()
            .withNewMetadata()
            .withName("fabric8")
            .endMetadata()
            .withNewSpec()
            .withTerminationGracePeriodSeconds(1L)
            .addNewContainer()
            .withName("main")
            .withImage("coracle/demo:1")
            .withCommand("sh", "-c", "echo hello from fabric8; sleep 100000 & wait")
            .endContainer()
            .endSpec()
            .build();
    var pods = client.pods().inNamespace(NAMESPACE);
    pods.resource(pod).create();
    pods.withName("fabric8").waitUntilReady(60, TimeUnit.SECONDS);
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> pods.withName("fabric8").getLog().equals("hello from fabric8\n"));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (ExecWatch exec = pods.withName("fabric8").writingOutput(out).exec("echo", "inside")) {
      assertThat(exec.exitCode().get(20, TimeUnit.SECONDS)).isZero();
    }
    assertThat(out.toString(StandardCharsets.UTF_8)).isEqualTo("inside\n");
    pods.withName("fabric8").delete();
  }

  private static ConfigMap configMap(String name, String value) {
    return new ConfigMapBuilder()
        .withNewMetadata()
        .withName(name)
        .endMetadata()
        .addToData("value", value)
        .build();
  }
}
