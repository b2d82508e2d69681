package dev.coracle.criruntime.internal.container;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.coracle.api.fuzz.Fuzzer;
import dev.coracle.cri.v1.ContainerConfig;
import dev.coracle.cri.v1.ContainerMetadata;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A container's files as a power failure may have left them: read, or the container is not. */
class ContainerRecordsFuzz {

  @TempDir Path directory;

  @FuzzTest(maxDuration = "60s")
  void files(byte[] input) throws IOException {
    load(input);
  }

  @Test
  void changedRecords() throws InterruptedException, IOException {
    ContainerRecord.created(7).running(8, 9, 10).exited(11, 1, "Error", "x").save(directory);
    new ContainerMade(
            "s",
            "sha256:ab",
            "image",
            List.of("sha256:cd"),
            new ProcessSpec(
                List.of("sh"),
                List.of("A=1"),
                "/",
                1,
                2,
                List.of(3),
                Set.of("CHOWN"),
                Set.of(),
                true),
            15,
            "/kubepods/x")
        .save(directory);
    new Fuzzer()
        .seed(Files.readAllBytes(directory.resolve("state.json")))
        .seed(Files.readAllBytes(directory.resolve("container.json")))
        .seed(
            ContainerConfig.newBuilder()
                .setMetadata(ContainerMetadata.newBuilder().setName("a").setAttempt(1))
                .build()
                .toByteArray())
        .seeds("", "null", "[]", "137\n")
        .words("\"state\":", "CONTAINER_", "{", "[", "null", "1e400", "-1", "\0\0\0\0")
        .percent(50)
        .run(this::load);
  }

  private void load(byte[] input) throws IOException {
    for (String name : new String[] {"state.json", "container.json", "config.pb", "exit"}) {
      Files.write(directory.resolve(name), input);
    }
    try {
      ContainerRecord.load(directory);
    } catch (IOException e) {
      // Told in the log, and the container is left out.
    }
    try {
      ContainerMade.load(directory);
      ContainerConfig.parseFrom(Files.readAllBytes(directory.resolve("config.pb")));
    } catch (IOException e) {
      // Likewise.
    }
    Shim.exitCode(directory);
  }
}
