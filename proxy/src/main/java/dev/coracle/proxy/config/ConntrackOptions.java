package dev.coracle.proxy.config;

import java.time.Duration;

/**
 * What the kernel is told about the flows that it tracks, under the names of kube-proxy's flags.
 *
 * @param maxPerCore how many flows for each processor; 0: their number is left as it is
 * @param min how many at least, where {@code maxPerCore} is not 0
 * @param tcpEstablished how long an idle TCP connection is remembered; zero: as it is
 * @param tcpCloseWait the same of a connection that one side has closed; zero: as it is
 */
public record ConntrackOptions(
    int maxPerCore, int min, Duration tcpEstablished, Duration tcpCloseWait) {

  /** Nothing is changed. */
  public static final ConntrackOptions NONE =
      new ConntrackOptions(0, 0, Duration.ZERO, Duration.ZERO);

  public ConntrackOptions {
    if (maxPerCore < 0 || min < 0 || tcpEstablished.isNegative() || tcpCloseWait.isNegative()) {
      throw new IllegalArgumentException("what is tracked cannot be less than nothing");
    }
  }
}
