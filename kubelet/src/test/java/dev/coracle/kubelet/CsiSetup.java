package dev.coracle.kubelet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.rest.DeleteOptions;
import dev.coracle.kubelet.plugin.SampleCsiDriver;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** A kubelet with a storage driver beside it, one volume of the driver, and a claim that has it. */
abstract class CsiSetup {

  static final String DRIVER = "sample.csi.example.com";

  KubeletHarness k;
  SampleCsiDriver driver;

  @BeforeEach
  void start() throws Exception {
    k = KubeletHarness.withPlugins();
    assumeThat(k.vertx.isNativeTransportEnabled()).as("UNIX sockets need epoll").isTrue();
    k.eventually(() -> assertThat(k.data.resolve("kubelet/plugins_registry")).isDirectory());
    driver =
        new SampleCsiDriver(
            k.vertx,
            k.data.resolve("kubelet"),
            DRIVER,
            Files.createDirectories(k.data.resolve("backing")));
  }

  @AfterEach
  void stop() throws Exception {
    driver.close();
    k.close();
  }

  final void registered() throws Exception {
    driver.start();
    k.eventually(() ->
        assertThat(driver.told).anyMatch(s -> s.getPluginRegistered() && s.getError().isEmpty()));
  }

  final void driverObject(String spec) {
    k.api.put(
        Resources.CSI_DRIVERS,
        KubeObject.parse(
            """
            {"apiVersion":"storage.k8s.io/v1","kind":"CSIDriver","metadata":{"name":"%s"},"spec":{%s}}\
            """
                .formatted(DRIVER, spec)));
  }

  final void volume(String size) {
    k.api.put(
        Resources.PERSISTENT_VOLUMES,
        KubeObject.parse(
            """
            {"apiVersion":"v1","kind":"PersistentVolume","metadata":{"name":"pv1"},
             "spec":{"capacity":{"storage":"%s"},"accessModes":["ReadWriteOnce"],
              "csi":{"driver":"%s","volumeHandle":"h1","fsType":"ext4",
               "volumeAttributes":{"flavour":"plain"}}}}\
            """
                .formatted(size, DRIVER)));
    k.api.put(
        Resources.PERSISTENT_VOLUME_CLAIMS,
        KubeObject.parse(
            """
            {"apiVersion":"v1","kind":"PersistentVolumeClaim",
             "metadata":{"name":"data","namespace":"default","uid":"c-uid"},
             "spec":{"volumeName":"pv1"},
             "status":{"phase":"Bound","capacity":{"storage":"1Gi"}}}\
            """));
  }

  final KubeObject pod(String name) {
    return k.create(
        name,
        """
        "serviceAccountName":"default",
        "volumes":[{"name":"d","persistentVolumeClaim":{"claimName":"data"}}],
        "containers":[{"name":"%s","image":"busybox:1",
         "volumeMounts":[{"name":"d","mountPath":"/d"}]}]
        """
            .formatted(name));
  }

  final Path directory(KubeObject pod, String name) {
    return k.data
        .resolve("kubelet/pods")
        .resolve(pod.uid())
        .resolve("volumes/kubernetes.io~csi")
        .resolve(name);
  }

  final void gone(String pod) {
    k.delete(pod, DeleteOptions.DEFAULT);
    k.eventually(() -> assertThat(k.exists(pod)).isFalse());
  }
}
