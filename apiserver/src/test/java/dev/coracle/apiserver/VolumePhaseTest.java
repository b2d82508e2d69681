package dev.coracle.apiserver;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(OwnServer.class)
class VolumePhaseTest {

  private static final String OLD = "2020-01-02T03:04:05Z";

  private static JsonNode patched(TestApi api, String path, String patch) {
    return api.call(
            "PATCH",
            "/api/v1/persistentvolumes/since" + path,
            "application/merge-patch+json",
            patch)
        .ok()
        .body()
        .path("status");
  }

  @Test
  void aVolumeSaysSinceWhenItIsInItsPhase(TestApi api) {
    JsonNode status =
        api.post(
                "/api/v1/persistentvolumes",
                """
                {metadata: {name: since}, spec: {capacity: {storage: 1Gi},
                  accessModes: [ReadWriteOnce], hostPath: {path: /x}}}
                """)
            .ok()
            .body()
            .path("status");
    assertThat(status.path("phase").asText()).isEqualTo("Pending");
    assertThat(status.path("lastPhaseTransitionTime").asText()).endsWith("Z");
    status =
        patched(
            api,
            "/status",
            "{\"status\":{\"phase\":\"Available\",\"lastPhaseTransitionTime\":\"" + OLD + "\"}}");
    assertThat(status.path("lastPhaseTransitionTime").asText()).isEqualTo(OLD);
    patched(api, "", "{\"metadata\":{\"labels\":{\"a\":\"b\"}}}");
    status = patched(api, "/status", "{\"status\":{\"message\":\"the same phase\"}}");
    assertThat(status.path("lastPhaseTransitionTime").asText()).isEqualTo(OLD);
    status = patched(api, "/status", "{\"status\":{\"phase\":\"Released\"}}");
    assertThat(status.path("lastPhaseTransitionTime").asText()).isNotEqualTo(OLD).endsWith("Z");
  }
}
