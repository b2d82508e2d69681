package dev.coracle.kubelet.internal.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.StatusException;
import dev.coracle.api.fuzz.Fuzzer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a kubelet finds of the CPUs that an earlier one gave: read, or refused. */
class CpuCheckpointFuzz {
  private static final String DATA =
      """
      {"policyName":"static","defaultCpuSet":"0,2-7","entries":{"uid":{"c":"1","d":"8-9"}}}\
      """;

  @TempDir Path dir;

  @FuzzTest(maxDuration = "30s")
  void checkpoints(byte[] input) throws IOException {
    read(input);
    read(checked(input));
  }

  @Test
  void contents() throws Exception {
    assertThat(read(checked(DATA.getBytes(StandardCharsets.UTF_8))).orElseThrow().held())
        .hasSize(1);
    new Fuzzer()
        .seeds(DATA, "[]", "", "null", "{\"checksum\":{}}")
        .words("\"entries\":", "{", "[", "null", "0-", "8191", "99999999", ",")
        .percent(10)
        .run(input -> read(checked(input)));
  }

  /** With the checksum that it has to have. */
  private static byte[] checked(byte[] data) {
    try {
      ObjectNode tree = Json.parseObject(new String(data, StandardCharsets.UTF_8)).deepCopy();
      tree.remove("checksum");
      CRC32 crc = new CRC32();
      crc.update(Json.bytes(tree));
      return Json.bytes(tree.put("checksum", crc.getValue()));
    } catch (StatusException | IllegalArgumentException e) {
      return data;
    }
  }

  private Optional<CpuCheckpoint.State> read(byte[] input) throws IOException {
    Path file = dir.resolve("cpu_manager_state");
    Files.write(file, input);
    CpuCheckpoint checkpoint = new CpuCheckpoint(file);
    Optional<CpuCheckpoint.State> state;
    try {
      state = checkpoint.read();
    } catch (IOException e) {
      return Optional.empty();
    }
    checkpoint.write(state.orElseThrow());
    assertThat(checkpoint.read()).isEqualTo(state);
    return state;
  }
}
