package dev.coracle.kubelet.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The kernel's settings that upstream's kubelet expects, which this one never changes, but looks at
 * where {@code protectKernelDefaults} asks for that.
 */
final class KernelDefaults {
  private static final Map<String, String> EXPECTED = new LinkedHashMap<>();

  static {
    EXPECTED.put("vm/overcommit_memory", "1");
    EXPECTED.put("vm/panic_on_oom", "0");
    EXPECTED.put("kernel/panic", "10");
    EXPECTED.put("kernel/panic_on_oops", "1");
    EXPECTED.put("kernel/keys/root_maxkeys", "1000000");
    EXPECTED.put("kernel/keys/root_maxbytes", "25000000");
  }

  private KernelDefaults() {}

  /**
   * What is not as it is expected, in upstream's words.
   *
   * @param settings {@code /proc/sys}
   */
  static Optional<String> problem(Path settings) {
    for (Map.Entry<String, String> expected : EXPECTED.entrySet()) {
      String actual;
      try {
        actual = Files.readString(settings.resolve(expected.getKey())).strip();
      } catch (IOException e) {
        return Optional.of("kernel flag " + expected.getKey() + " cannot be read: " + e);
      }
      if (!actual.equals(expected.getValue())) {
        return Optional.of(
            "invalid kernel flag: "
                + expected.getKey()
                + ", expected value: "
                + expected.getValue()
                + ", actual value: "
                + actual);
      }
    }
    return Optional.empty();
  }
}
