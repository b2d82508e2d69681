package dev.coracle.kubelet.internal.device;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.StatusException;
import dev.coracle.api.fuzz.Fuzzer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a kubelet finds of the devices that an earlier one gave: read, or taken as none. */
class DeviceCheckpointFuzz {

  @TempDir Path dir;

  private static final String DATA =
      """
      {"PodDeviceEntries":[{"PodUID":"u","ContainerName":"c","ResourceName":"a.example/b",\
      "AllocResp":"CgYKAWESAWI=","DeviceIDs":["one","two"]}],"RegisteredResources":["a.example/b"]}\
      """;

  @FuzzTest(maxDuration = "30s")
  void checkpoints(byte[] input) throws IOException {
    read(input);
    read(checked(input));
  }

  @Test
  void files() throws InterruptedException {
    new Fuzzer()
        .seed(checked(DATA.getBytes(StandardCharsets.UTF_8)))
        .seeds("{\"Data\":{},\"Checksum\":0}", "[]", "", "null")
        .words("\"Data\"", "\"Checksum\":", "{", "[", "1e999", "\\u0000")
        .percent(10)
        .run(this::read);
  }

  @Test
  void contents() throws Exception {
    assertThat(read(checked(DATA.getBytes(StandardCharsets.UTF_8))).allocations()).hasSize(1);
    new Fuzzer()
        .seeds(DATA)
        .words("\"AllocResp\":\"", "////", "\"PodDeviceEntries\":", "{", "[", "null", "1")
        .percent(10)
        .run(input -> read(checked(input)));
  }

  /** With the checksum that it has to have. */
  private static byte[] checked(byte[] data) {
    JsonNode tree;
    try {
      tree = Json.parse(data);
    } catch (StatusException e) {
      return data;
    }
    CRC32 crc = new CRC32();
    crc.update(Json.bytes(tree));
    ObjectNode whole = Json.object();
    whole.set("Data", tree);
    return Json.bytes(whole.put("Checksum", crc.getValue()));
  }

  private DeviceCheckpoint.State read(byte[] input) throws IOException {
    Path file = dir.resolve("kubelet_internal_checkpoint");
    Files.write(file, input);
    DeviceCheckpoint checkpoint = new DeviceCheckpoint(file);
    DeviceCheckpoint.State state = checkpoint.read();
    checkpoint.write(state);
    DeviceCheckpoint.State again = checkpoint.read();
    assertThat(again.allocations()).isEqualTo(state.allocations());
    assertThat(again.resources()).hasSize((int) state.resources().stream().distinct().count());
    return state;
  }
}
