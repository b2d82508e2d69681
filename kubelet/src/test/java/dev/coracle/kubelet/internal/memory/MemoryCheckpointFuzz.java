package dev.coracle.kubelet.internal.memory;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.StatusException;
import dev.coracle.api.fuzz.Fuzzer;
import dev.coracle.kubelet.internal.host.CheckpointFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a kubelet finds of the memory that an earlier one gave: read, or refused. */
class MemoryCheckpointFuzz {
  private static final String DATA =
      """
      {"policyName":"Static","machineState":{"0":{"memoryMap":{"memory":{"total":9,\
      "systemReserved":1,"allocatable":8}}}},\
      "entries":{"uid":{"c":[{"numaAffinity":[0],"type":"memory","size":3}]}}}\
      """;

  @TempDir Path dir;

  @FuzzTest(maxDuration = "30s")
  void checkpoints(byte[] input) throws IOException {
    Files.write(file(), input);
    read();
    readChecked(input);
  }

  @Test
  void contents() throws Exception {
    assertThat(readChecked(DATA.getBytes(StandardCharsets.UTF_8)).orElseThrow().blocks())
        .hasSize(1);
    new Fuzzer()
        .seeds(DATA, "[]", "", "null")
        .words("\"entries\":", "{", "[", "null", "-1", "63", "64", "9223372036854775807", ",")
        .percent(10)
        .run(this::readChecked);
  }

  private Path file() {
    return dir.resolve("memory_manager_state");
  }

  /** With the checksum that it has to have. */
  private Optional<MemoryCheckpoint.State> readChecked(byte[] data) throws IOException {
    try {
      ObjectNode tree = Json.parseObject(new String(data, StandardCharsets.UTF_8)).deepCopy();
      tree.remove("checksum");
      new CheckpointFile(file()).write(tree);
    } catch (StatusException | IllegalArgumentException e) {
      Files.write(file(), data);
    }
    return read();
  }

  private Optional<MemoryCheckpoint.State> read() throws IOException {
    MemoryCheckpoint checkpoint = new MemoryCheckpoint(file());
    Optional<MemoryCheckpoint.State> state;
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
