package dev.coracle.api;

import com.fasterxml.jackson.databind.node.ObjectNode;

/** What {@code /version} says. */
public final class VersionInfo {

  public static final String GIT_VERSION = "v1.36.0+coracle";

  private VersionInfo() {}

  public static ObjectNode document() {
    ObjectNode out = Json.object();
    out.put("major", "1").put("minor", "36");
    out.put("emulationMajor", "1").put("emulationMinor", "36");
    out.put("minCompatibilityMajor", "1").put("minCompatibilityMinor", "35");
    out.put("gitVersion", GIT_VERSION).put("gitCommit", "").put("gitTreeState", "clean");
    out.put("buildDate", "1970-01-01T00:00:00Z");
    out.put("goVersion", "none (Java " + Runtime.version().feature() + ")");
    out.put("compiler", "javac");
    out.put("platform", "linux/" + arch());
    return out;
  }

  private static String arch() {
    return switch (System.getProperty("os.arch", "")) {
      case "aarch64", "arm64" -> "arm64";
      default -> "amd64";
    };
  }
}
