package dev.coracle.kubelet;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.kubelet.spi.CriException;
import dev.coracle.kubelet.spi.CriException.Code;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A private image that one pod has brought to the node is not another's for that (KEP-2535). */
class PrivateImagesTest {
  private static final String IMAGE = "registry.example/private:1";
  private static final String SECRET = "\"imagePullSecrets\":[{\"name\":\"pull\"}],";

  private KubeletHarness k;

  @BeforeEach
  void start() throws Exception {
    k = new KubeletHarness();
    k.runtime.failing(call ->
        call.equals("pullImage " + IMAGE)
            ? Optional.of(new CriException(Code.UNKNOWN, "authorization failed"))
            : Optional.empty());
    String config = "{\"auths\":{\"registry.example\":{\"username\":\"u\",\"password\":\"p\"}}}";
    k.api
        .create(
            Resources.SECRETS,
            KubeObject.parse(
                """
                {"apiVersion":"v1","kind":"Secret","metadata":{"name":"pull","namespace":"default"},
                 "type":"kubernetes.io/dockerconfigjson","data":{".dockerconfigjson":"%s"}}
                """
                    .formatted(
                        Base64.getEncoder()
                            .encodeToString(config.getBytes(StandardCharsets.UTF_8)))))
        .await()
        .indefinitely();
  }

  @AfterEach
  void stop() throws Exception {
    k.close();
  }

  private void create(String name, String secrets, String policy) {
    k.create(
        name,
        secrets
            + "\"containers\":[{\"name\":\""
            + name
            + "\",\"image\":\""
            + IMAGE
            + "\",\"imagePullPolicy\":\""
            + policy
            + "\"}]");
  }

  private void refused(String pod, String... reasons) {
    k.eventually(() ->
        assertThat(k.container(pod).at("/state/waiting/reason").asText()).isIn((Object[]) reasons));
    assertThat(k.runtime.running(pod)).isEmpty();
  }

  private long pulls() {
    return k.runtime.calls().stream().filter(c -> c.equals("pullImage " + IMAGE + " as u")).count();
  }

  @Test
  void onlyPodsThatShowThatTheyMayPullItGetIt() throws Exception {
    create("owner", SECRET, "IfNotPresent");
    k.awaitPhase("owner", "Running");
    create("thief", "", "IfNotPresent");
    create("sly", "", "Never");
    refused("thief", "ErrImagePull", "ImagePullBackOff");
    refused("sly", "ErrImageNeverPull");
    assertThat(k.container("sly").at("/state/waiting/message").asText())
        .isEqualTo("Container image \"" + IMAGE + "\" is not present with pull policy of Never");
    create("friend", SECRET, "IfNotPresent");
    create("quiet", SECRET, "Never");
    k.awaitPhase("friend", "Running");
    k.awaitPhase("quiet", "Running");
    assertThat(pulls()).as("pulled once for all that may have it").isEqualTo(1);

    k.restart();
    create("late", "", "Never");
    refused("late", "ErrImageNeverPull");
    create("latefriend", SECRET, "Never");
    k.awaitPhase("latefriend", "Running");
    assertThat(pulls()).isEqualTo(1);
  }

  @Test
  void anImageThatWasThereBeforeIsEverybodys() {
    k.runtime.image(IMAGE);
    create("any", "", "Never");
    k.awaitPhase("any", "Running");
  }
}
