package dev.coracle.criruntime.server;

import dev.coracle.cri.v1.Signal;
import java.util.List;
import java.util.Locale;

/** Signal names, of images and of the protocol, as Linux numbers. */
public final class StopSignals {
  private static final int SIGTERM = 15;
  private static final int SIGRTMIN = 34;
  private static final int SIGRTMAX = 64;

  /** By number from 1 (x86 and ARM). */
  private static final List<String> NAMES =
      List.of(
          "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2",
          "PIPE", "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG",
          "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS");

  private StopSignals() {}

  /**
   * The number of {@code SIGTERM}, {@code TERM}, {@code 15}, {@code SIGRTMIN+3}; SIGTERM if
   * unknown.
   */
  public static int number(String text) {
    String name = text.strip().toUpperCase(Locale.ROOT);
    if (name.matches("[0-9]{1,2}")) {
      return Integer.parseInt(name);
    }
    name = name.startsWith("SIG") ? name.substring(3) : name;
    int plain = NAMES.indexOf(name);
    if (plain >= 0) {
      return plain + 1;
    }
    if (name.matches("RTMIN(\\+[0-9]{1,2})?")) {
      return SIGRTMIN + (name.length() > 5 ? Integer.parseInt(name.substring(6)) : 0);
    }
    if (name.matches("RTMAX(-[0-9]{1,2})?")) {
      return SIGRTMAX - (name.length() > 5 ? Integer.parseInt(name.substring(6)) : 0);
    }
    return switch (name) {
      case "CLD" -> 17;
      case "IOT" -> 6;
      case "POLL" -> 29;
      default -> SIGTERM;
    };
  }

  /** The pod's own choice if it made one, else the image's, else SIGTERM. */
  public static int choose(Signal fromPod, String fromImage) {
    if (fromPod != Signal.RUNTIME_DEFAULT && fromPod != Signal.UNRECOGNIZED) {
      return number(protocolName(fromPod));
    }
    return fromImage.isEmpty() ? SIGTERM : number(fromImage);
  }

  private static String protocolName(Signal signal) {
    return signal.name().replace("MINPLUS", "MIN+").replace("MAXMINUS", "MAX-");
  }

  /** The protocol's value for a Linux number. */
  public static Signal toProtocol(int number) {
    for (Signal s : Signal.values()) {
      if (s != Signal.UNRECOGNIZED
          && s != Signal.RUNTIME_DEFAULT
          && number(protocolName(s)) == number) {
        return s;
      }
    }
    return Signal.RUNTIME_DEFAULT;
  }
}
