package dev.coracle.launcher.config;

import dev.coracle.apiserver.config.ApiServerOptions.Limits;
import dev.coracle.apiserver.config.ApiServerOptions.Shutdown;
import java.util.List;

/**
 * How the API server is reached, and how much it bears.
 *
 * @param tlsSans further names and addresses that its certificate is for
 * @param firstNodePort that Services may have, inclusive
 * @param lastNodePort inclusive
 * @param limits how much it takes on
 * @param shutdown how it ends
 */
public record ServingOptions(
    List<String> tlsSans, int firstNodePort, int lastNodePort, Limits limits, Shutdown shutdown) {

  public static final ServingOptions DEFAULT =
      new ServingOptions(List.of(), 30_000, 32_767, Limits.DEFAULT, Shutdown.DEFAULT);

  public ServingOptions {
    tlsSans = List.copyOf(tlsSans);
  }
}
