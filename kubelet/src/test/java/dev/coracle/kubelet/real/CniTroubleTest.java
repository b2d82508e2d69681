package dev.coracle.kubelet.real;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.coracle.api.ProgramFile;
import dev.coracle.api.Resources;
import dev.coracle.api.rest.ListOptions;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** A network plugin that fails, lies and heals, below the built-in runtime. */
class CniTroubleTest extends KubeletOnRuntime {
  private static final Path PLUGINS = Path.of("/usr/lib/cni");

  private Path mode;
  private String bridge;
  private int subnet;

  @Override
  RealRuntime runtime(Vertx onVertx) throws Exception {
    assumeTrue(
        Files.isExecutable(PLUGINS.resolve("bridge")),
        "CNI plugins are not installed in " + PLUGINS);
    Path root = Files.createTempDirectory("klet");
    bridge = "cni" + root.getFileName().toString().substring(4, 10);
    subnet = Subnets.next();
    mode = Files.writeString(root.resolve("mode"), "honest");
    Path own = Files.createDirectory(root.resolve("bin"));
    ProgramFile.write(
        own.resolve("moody"),
        """
        #!/bin/sh
        case $(cat %s) in
          refuses) echo '{"cniVersion":"0.4.0","code":11,"msg":"no addresses left","details":"ask later"}'; exit 1;;
          complains) echo 'out of order' >&2; exit 1;;
          dies) kill -9 $$;;
          babbles) [ $CNI_COMMAND = DEL ] || echo 'not json'; exit 0;;
          forgets) [ $CNI_COMMAND = DEL ] || echo '{"cniVersion":"0.4.0"}'; exit 0;;
          lies) [ $CNI_COMMAND = DEL ] || echo '{"cniVersion":"0.4.0","ips":[{"address":"nowhere"}]}'; exit 0;;
          *) exec %s/bridge;;
        esac
        """
            .formatted(mode, PLUGINS));
    Files.writeString(
        Files.createDirectory(root.resolve("cni")).resolve("10-moody.conflist"),
        """
        {"cniVersion": "0.4.0", "name": "%1$s", "plugins": [
          {"type": "moody", "bridge": "%1$s", "isGateway": true,
           "ipam": {"type": "host-local", "dataDir": "%2$s",
                    "ranges": [[{"subnet": "10.199.%3$d.0/24"}]]}}]}
        """
            .formatted(bridge, root.resolve("ipam"), subnet));
    return BuiltIn.start(onVertx, root, List.of(own, PLUGINS));
  }

  @AfterAll
  void removeBridge() throws Exception {
    if (bridge != null) {
      new ProcessBuilder("ip", "link", "del", bridge).start().waitFor();
    }
  }

  private List<String> events(String pod) {
    return api.list(Resources.EVENTS, "", ListOptions.ALL).await().indefinitely().items().stream()
        .filter(e -> e.text("involvedObject", "name").equals(pod))
        .map(e -> e.text("reason") + ": " + e.text("message"))
        .toList();
  }

  private void sleeper(String name) {
    create(
        name,
        """
        "containers":[{"name":"c","image":"test.local/busybox:1","imagePullPolicy":"IfNotPresent",
         "command":["/bin/sleep","1000"]}]
        """);
  }

  private long sandboxes() throws IOException {
    try (var all = Files.list(containerd.root().resolve("cri/sandboxes"))) {
      return all.count();
    }
  }

  @Test
  void whatAPluginDoesIsToldAndNothingIsLeftBehind() throws Exception {
    sleeper("neighbour");
    awaitTrue("neighbour", KubeletOnRuntime::ready);
    assertThat(pod("neighbour").text("status", "podIP")).startsWith("10.199." + subnet + ".");
    var before = pod("neighbour").at("status", "containerStatuses");
    for (String[] trouble :
        new String[][] {
          {"refuses", "no addresses left; ask later"},
          {"complains", "netplugin failed: \"out of order\""},
          {"dies", "netplugin failed with no error message: signal: killed"},
          {"babbles", "its result is no JSON: \"not json\""},
          {"forgets", "the plugins gave no address"},
          {"lies", "it gave the address \"nowhere\""}
        }) {
      Files.writeString(mode, trouble[0]);
      sleeper(trouble[0]);
      Awaitility.await()
          .atMost(Duration.ofSeconds(30))
          .untilAsserted(() ->
              assertThat(events(trouble[0]))
                  .anySatisfy(e ->
                      assertThat(e)
                          .startsWith(
                              "FailedCreatePodSandBox: Failed to create pod sandbox: rpc error: code ="
                                  + " Unknown desc = failed to setup network for sandbox \"")
                          .endsWith(trouble[1])));
      assertThat(pod(trouble[0]).text("status", "phase")).isEqualTo("Pending");
      Files.writeString(mode, "honest");
      awaitTrue(trouble[0], KubeletOnRuntime::ready);
      delete(trouble[0]);
      // Also what the runtime takes away after the pod is gone asks the plugin.
      Awaitility.await()
          .atMost(Duration.ofSeconds(30))
          .untilAsserted(() -> assertThat(sandboxes()).isEqualTo(1));
    }
    var after = pod("neighbour").at("status", "containerStatuses");
    assertThat(after).isEqualTo(before);
    delete("neighbour");
  }
}
