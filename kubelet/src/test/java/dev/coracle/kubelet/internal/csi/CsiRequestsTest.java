package dev.coracle.kubelet.internal.csi;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.selector.FieldSelector;
import dev.coracle.client.Client;
import dev.coracle.csi.v1.VolumeCapability.AccessMode.Mode;
import dev.coracle.kubelet.internal.pod.Pod;
import dev.coracle.kubelet.internal.runtime.ObjectSource;
import dev.coracle.kubelet.internal.volume.Tokens;
import io.smallrye.mutiny.Uni;
import java.lang.reflect.Proxy;
import java.time.Clock;
import java.util.Collection;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a driver is told when it publishes a volume. */
class CsiRequestsTest {

  private static final String TOKENS = "csi.storage.k8s.io/serviceAccount.tokens";
  private static final Pod POD =
      new Pod(
          KubeObject.parse(
              """
              {"apiVersion":"v1","kind":"Pod","metadata":{"namespace":"d","name":"p","uid":"u"},
               "spec":{"serviceAccountName":"sa"}}\
              """));

  /** An API server that issues tokens and does nothing else. */
  private final Client client =
      (Client)
          Proxy.newProxyInstance(
              Client.class.getClassLoader(),
              new Class<?>[] {Client.class},
              (_, _, arguments) ->
                  Uni.createFrom()
                      .item(
                          ((KubeObject) arguments[4])
                              .with(o -> o.putObject("status").put("token", "t"))));

  private static final ObjectSource SECRETS =
      new ObjectSource() {
        @Override
        public KubeObject get(
            String podUid, GroupVersionResource resource, String namespace, String name) {
          return KubeObject.parse(
              "{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"metadata\":{},"
                  + "\"data\":{\"key\":\"dmFsdWU=\"}}");
        }

        @Override
        public Collection<KubeObject> list(
            String podUid, GroupVersionResource resource, FieldSelector fields) {
          return List.of();
        }

        @Override
        public Collection<KubeObject> servicesFor(String namespace, boolean links) {
          return List.of();
        }
      };

  private final CsiRequests requests =
      new CsiRequests(SECRETS, new Tokens(client, Clock.systemUTC(), new Random(7)));

  private static JsonNode driver(boolean inSecrets) {
    return Json.parse(
        "{\"serviceAccountTokenInSecrets\":"
            + inSecrets
            + ",\"tokenRequests\":[{\"audience\":\"a\"}]}");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void tokensAreWhereTheDriverWantsThem(boolean inSecrets) {
    JsonNode spec = driver(inSecrets);
    String all = "{\"a\":{\"token\":\"t\"}}";
    var secrets = requests.publishSecrets(POD, Json.parse("{\"name\":\"s\"}"), "d", spec);
    var context = requests.context(POD, MissingNode.getInstance(), spec, false);
    assertThat(secrets).containsEntry("key", "value");
    if (inSecrets) {
      assertThat(secrets).containsEntry(TOKENS, all);
      assertThat(context).doesNotContainKey(TOKENS);
    } else {
      assertThat(context).containsEntry(TOKENS, all);
      assertThat(secrets).doesNotContainKey(TOKENS);
    }
  }

  /** Few drivers know what several modes together would be. */
  @Test
  void aVolumeIsUsedByTheFirstOfItsModes() {
    assertThat(CsiRequests.mode(MissingNode.getInstance(), false))
        .isEqualTo(Mode.SINGLE_NODE_WRITER);
    assertThat(CsiRequests.mode(Json.parse("[\"ReadWriteOnce\",\"ReadOnlyMany\"]"), false))
        .isEqualTo(Mode.SINGLE_NODE_WRITER);
    assertThat(CsiRequests.mode(Json.parse("[\"ReadOnlyMany\",\"ReadWriteOnce\"]"), true))
        .isEqualTo(Mode.MULTI_NODE_READER_ONLY);
    assertThat(CsiRequests.mode(Json.parse("[\"ReadWriteMany\"]"), true))
        .isEqualTo(Mode.MULTI_NODE_MULTI_WRITER);
    assertThat(CsiRequests.mode(Json.parse("[\"ReadWriteOncePod\"]"), true))
        .isEqualTo(Mode.SINGLE_NODE_SINGLE_WRITER);
    assertThat(CsiRequests.mode(Json.parse("[\"ReadWriteOnce\"]"), true))
        .isEqualTo(Mode.SINGLE_NODE_MULTI_WRITER);
  }

  @Test
  void whoAsksForNoTokensGetsNone() {
    JsonNode spec = Json.parse("{\"serviceAccountTokenInSecrets\":true}");
    assertThat(requests.publishSecrets(POD, MissingNode.getInstance(), "d", spec)).isEmpty();
  }
}
