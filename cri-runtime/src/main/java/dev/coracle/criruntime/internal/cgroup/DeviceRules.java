package dev.coracle.criruntime.internal.cgroup;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Which devices a group may use, by the version 1 devices controller. Version 2 has no file for it
 * (it needs a BPF program), so there the device nodes that exist in the container are the limit.
 */
public final class DeviceRules {
  /** null, zero, full, random, urandom, tty, console, ptmx, and pseudo terminals. */
  private static final List<String> DEFAULTS =
      List.of(
          "c *:* m",
          "b *:* m",
          "c 1:3 rwm",
          "c 1:5 rwm",
          "c 1:7 rwm",
          "c 1:8 rwm",
          "c 1:9 rwm",
          "c 5:0 rwm",
          "c 5:1 rwm",
          "c 5:2 rwm",
          "c 136:* rwm");

  private DeviceRules() {}

  /**
   * Allows the usual devices and these, nothing else.
   *
   * @param extra rules as the kernel takes them, such as {@code c 10:229 rwm}
   */
  public static void apply(Cgroup group, List<String> extra) throws IOException {
    Path directory = group.directory("devices");
    if (!Files.exists(directory.resolve("devices.deny"))) {
      return;
    }
    CgroupFiles.write(directory.resolve("devices.deny"), "a");
    for (String rule : DEFAULTS) {
      CgroupFiles.write(directory.resolve("devices.allow"), rule);
    }
    for (String rule : extra) {
      CgroupFiles.write(directory.resolve("devices.allow"), rule);
    }
  }
}
