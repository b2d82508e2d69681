package dev.coracle.apiserver;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** {@code /}, as {@code kubectl get --raw /} asks for it. */
@ExtendWith(OwnServer.class)
class RootPathsTest {

  @Test
  void tellsWhereThereIsSomethingToRead(TestApi api) throws Exception {
    api.post(
            "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
            """
            {metadata: {name: tabs.roots.io}, spec: {group: roots.io, scope: Cluster, names:
             {plural: tabs, kind: Tab}, versions: [{name: v1, served: true, storage: true,
             schema: {openAPIV3Schema: {type: object}}}]}}
            """)
        .ok();
    for (String path : List.of("/", "/index.html")) {
      JsonNode document = api.get(path).ok().body();
      assertThat(document.path("paths").valueStream().map(JsonNode::asText))
          .isSorted()
          .contains(
              "/.well-known/openid-configuration",
              "/api/v1",
              "/apis/",
              "/apis/apps",
              "/apis/apps/v1",
              "/apis/roots.io",
              "/apis/roots.io/v1",
              "/healthz/ping",
              "/livez/poststarthook/rbac/bootstrap-roles",
              "/metrics/slis",
              "/openapi/v3",
              "/version")
          .doesNotContain("/");
    }
    assertThat(new String(api.bytes("/", "identity"), UTF_8))
        .startsWith("{\n  \"paths\": [\n    \"/.well-known/openid-configuration\",\n")
        .endsWith("  ]\n}");
  }
}
