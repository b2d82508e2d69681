package dev.coracle.criruntime.internal.container;

import dev.coracle.cri.v1.SecurityProfile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * AppArmor for OCI runtimes: {@code Localhost} is a profile that the kernel has loaded. This
 * runtime has none of its own, so {@code RuntimeDefault} confines nothing.
 */
final class AppArmorProfiles {
  private static final Path ENABLED = Path.of("/sys/module/apparmor/parameters/enabled");
  private static final String PREFIX = "localhost/";

  private AppArmorProfiles() {}

  static boolean isEnabled() {
    try {
      return Files.readString(ENABLED).startsWith("Y");
    } catch (IOException e) {
      return false; // The kernel has no AppArmor.
    }
  }

  /** The name of the profile that is to confine a container; empty for none. */
  static Optional<String> of(SecurityProfile asked) {
    if (asked.getProfileType() != SecurityProfile.ProfileType.Localhost) {
      return Optional.empty();
    }
    String name = asked.getLocalhostRef();
    return Optional.of(name.startsWith(PREFIX) ? name.substring(PREFIX.length()) : name);
  }
}
