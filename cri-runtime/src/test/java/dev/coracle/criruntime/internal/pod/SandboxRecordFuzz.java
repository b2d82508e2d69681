package dev.coracle.criruntime.internal.pod;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.coracle.api.fuzz.Fuzzer;
import dev.coracle.cri.v1.PodSandboxConfig;
import dev.coracle.cri.v1.PodSandboxMetadata;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A sandbox's files as a power failure may have left them: read, or the sandbox is not. */
class SandboxRecordFuzz {

  @TempDir Path directory;

  @FuzzTest(maxDuration = "60s")
  void files(byte[] input) throws IOException {
    load(input);
  }

  @Test
  void changedRecords() throws InterruptedException, IOException {
    SandboxRecord.starting(7)
        .withNetwork(List.of("10.1.0.5"), JsonNodeFactory.instance.objectNode().put("veth", "x"))
        .withPause(8, 9)
        .withReady(true)
        .save(directory);
    new Fuzzer()
        .seed(Files.readAllBytes(directory.resolve("state.json")))
        .seed(
            PodSandboxConfig.newBuilder()
                .setMetadata(PodSandboxMetadata.newBuilder().setName("a").setUid("u"))
                .putLabels("a", "b")
                .build()
                .toByteArray())
        .seeds("", "null", "[]")
        .words("\"ips\":", "{", "[", "null", "1e400", "-1", "\0\0\0\0")
        .percent(50)
        .run(this::load);
  }

  private void load(byte[] input) throws IOException {
    Files.write(directory.resolve("state.json"), input);
    Files.write(directory.resolve("sandbox.pb"), input);
    try {
      SandboxRecord.load(directory);
      PodSandboxConfig.parseFrom(Files.readAllBytes(directory.resolve("sandbox.pb")));
    } catch (IOException e) {
      // Told in the log, and the sandbox is left out.
    }
  }
}
