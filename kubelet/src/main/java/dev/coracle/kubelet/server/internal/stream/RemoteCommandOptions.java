package dev.coracle.kubelet.server.internal.stream;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Which streams an exec or attach has.
 *
 * @param stderr never together with {@code tty}: a terminal has one output
 */
public record RemoteCommandOptions(boolean stdin, boolean stdout, boolean stderr, boolean tty) {
  public RemoteCommandOptions {
    if (tty && stderr) {
      throw new IllegalArgumentException("a terminal has no stderr");
    }
  }

  /** Whether the client may send on the channel. */
  public boolean clientSpeaks(int channel) {
    return (channel == Channels.STDIN && stdin) || (channel == Channels.RESIZE && tty);
  }

  /** Whether the runtime may send on the channel. */
  public boolean runtimeSpeaks(int channel) {
    return channel == Channels.ERROR
        || (channel == Channels.STDOUT && stdout)
        || (channel == Channels.STDERR && stderr);
  }

  /** The SPDY streamType of each channel that exists, in the order in which clients open them. */
  Map<String, Integer> streamTypes(boolean withResize) {
    Map<String, Integer> types = new LinkedHashMap<>();
    types.put("error", Channels.ERROR);
    if (stdin) {
      types.put("stdin", Channels.STDIN);
    }
    if (stdout) {
      types.put("stdout", Channels.STDOUT);
    }
    if (stderr) {
      types.put("stderr", Channels.STDERR);
    }
    if (tty && withResize) {
      types.put("resize", Channels.RESIZE);
    }
    return types;
  }
}
