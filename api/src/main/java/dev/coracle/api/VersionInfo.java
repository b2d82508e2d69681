package dev.coracle.api;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What {@code /version} says. */
public final class VersionInfo {

  public static final String GIT_VERSION = "v1.36.0+coracle";

  /** What the build found: the commit, the state of its tree, and the commit's time. */
  private static final Pattern SOURCE =
      Pattern.compile("([0-9a-f]{40,64})/(clean|dirty)/([0-9]{4}-[0-9:T-]+Z)");

  private VersionInfo() {}

  public static ObjectNode document() {
    return document(System.getProperty("coracle.source", ""));
  }

  /**
   * @param source {@code COMMIT/clean/2026-01-31T12:00:00Z}; anything else where it is not known
   */
  static ObjectNode document(String source) {
    Matcher known = SOURCE.matcher(source);
    boolean isKnown = known.matches();
    ObjectNode out = Json.object();
    out.put("major", "1").put("minor", "36");
    out.put("emulationMajor", "1").put("emulationMinor", "36");
    out.put("minCompatibilityMajor", "1").put("minCompatibilityMinor", "35");
    out.put("gitVersion", GIT_VERSION);
    out.put("gitCommit", isKnown ? known.group(1) : "");
    out.put("gitTreeState", isKnown ? known.group(2) : "");
    out.put("buildDate", isKnown ? known.group(3) : "1970-01-01T00:00:00Z");
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
