package dev.coracle.kubelet.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KernelDefaultsTest {
  @TempDir Path settings;

  private void set(String name, String value) throws IOException {
    Path file = settings.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, value + "\n");
  }

  @Test
  void theFirstThatIsNotAsExpectedIsTold() throws IOException {
    assertThat(KernelDefaults.problem(settings).orElseThrow())
        .startsWith("kernel flag vm/overcommit_memory cannot be read");
    set("vm/overcommit_memory", "1");
    set("vm/panic_on_oom", "0");
    set("kernel/panic", "0");
    set("kernel/panic_on_oops", "1");
    set("kernel/keys/root_maxkeys", "1000000");
    set("kernel/keys/root_maxbytes", "25000000");
    assertThat(KernelDefaults.problem(settings))
        .contains("invalid kernel flag: kernel/panic, expected value: 10, actual value: 0");
    set("kernel/panic", "10");
    assertThat(KernelDefaults.problem(settings)).isEmpty();
  }
}
