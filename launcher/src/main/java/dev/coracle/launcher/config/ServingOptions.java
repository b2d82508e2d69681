package dev.coracle.launcher.config;

import dev.coracle.apiserver.config.ApiServerOptions.Limits;
import java.util.List;

/**
 * How the API server is reached, and how much it bears.
 *
 * @param tlsSans further names and addresses that its certificate is for
 * @param firstNodePort that Services may have, inclusive
 * @param lastNodePort inclusive
 */
public record ServingOptions(
    List<String> tlsSans, int firstNodePort, int lastNodePort, Limits limits) {

  public static final ServingOptions DEFAULT =
      new ServingOptions(List.of(), 30_000, 32_767, Limits.DEFAULT);

  public ServingOptions {
    tlsSans = List.copyOf(tlsSans);
  }
}
