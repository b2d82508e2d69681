package dev.coracle.criruntime.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.fasterxml.jackson.core.JsonProcessingException;
import dev.coracle.api.fuzz.Fuzzer;
import dev.coracle.cri.v1.CDIDevice;
import dev.coracle.cri.v1.ContainerConfig;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** CDI specs of any driver: what they describe is added, or they describe nothing. */
class CdiFuzz {

  @TempDir Path dir;

  private static final String JSON =
      """
      {"cdiVersion":"0.6.0","kind":"a.example/b","devices":[{"name":"c","containerEdits":{"env":\
      ["A=1"],"deviceNodes":[{"path":"/dev/a","hostPath":"/dev/null","permissions":"r"}],"mounts":\
      [{"hostPath":"/x","containerPath":"/y","options":["ro"]}]}}],"containerEdits":{"env":["B"]}}\
      """;
  private static final String YAML =
      """
      cdiVersion: 0.6.0
      kind: a.example/b
      devices:
      - name: c
        containerEdits: &e {env: [A=1], deviceNodes: [{path: /dev/a}]}
      - {name: d, containerEdits: *e}
      """;

  @FuzzTest(maxDuration = "30s")
  void specs(byte[] input) throws IOException {
    add(input, "a.json");
    add(input, "a.yaml");
  }

  @Test
  void json() throws InterruptedException {
    new Fuzzer()
        .seeds(JSON, "[]", "", "null")
        .words("\"kind\":", "\"devices\":", "\"hooks\":[1]", "[", "{", "null", "\"env\":{}")
        .percent(30)
        .run(input -> add(input, "a.json"));
  }

  @Test
  void yaml() throws InterruptedException {
    new Fuzzer()
        .seeds(YAML, "a: &a [*a]\n", "kind: &k a.example/b\ndevices: [{name: c, a: *k}]\n")
        .words("&a ", "*a", "- ", ": ", "[", "{", "}", "]", "!!binary ", "!<x>", "? ", "~")
        .percent(30)
        .run(input -> add(input, "a.yaml"));
  }

  private void add(byte[] spec, String name) throws IOException {
    Files.write(dir.resolve(name), spec);
    ContainerConfig config =
        ContainerConfig.newBuilder()
            .addCDIDevices(CDIDevice.newBuilder().setName("a.example/b=c"))
            .build();
    try {
      new CdiDevices(List.of(dir)).addTo(config);
    } catch (IllegalArgumentException e) {
      assertThat(e.getMessage()).startsWith("CDI device injection failed: ");
    } finally {
      Files.delete(dir.resolve(name));
    }
  }

  /** In these the stack ended of the thread that makes a container. */
  @Test
  void documentsWithoutEndDescribeNothing() throws InterruptedException {
    new Fuzzer()
        .seeds("a: ".concat("[".repeat(60_000)), "- ".repeat(60_000) + "x", "&a [*a]", "&a {b: *a}")
        .percent(0)
        .run(input ->
            assertThatThrownBy(() -> CdiDevices.spec(input, false))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("nested too deeply"));
    byte[] json = "[".repeat(60_000).getBytes(StandardCharsets.UTF_8);
    assertThatThrownBy(() -> CdiDevices.spec(json, true))
        .isInstanceOf(IllegalArgumentException.class)
        .hasCauseInstanceOf(JsonProcessingException.class);
  }
}
