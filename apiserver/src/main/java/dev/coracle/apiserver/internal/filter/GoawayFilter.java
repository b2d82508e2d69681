package dev.coracle.apiserver.internal.filter;

import dev.coracle.apiserver.internal.http.Exchange;
import io.vertx.core.http.HttpVersion;
import java.util.function.DoubleSupplier;

/**
 * Asks a few of the clients that speak HTTP/2 to connect anew, so that a load balancer spreads them
 * over all servers again: they would keep their connections for ever.
 */
final class GoawayFilter implements Filter {

  private final double chance;
  private final DoubleSupplier random;

  /**
   * @param chance 0 for nobody
   * @param random from 0 to 1, exclusively
   */
  GoawayFilter(double chance, DoubleSupplier random) {
    this.chance = chance;
    this.random = random;
  }

  @Override
  public void handle(Exchange exchange, Runnable next) {
    if (chance > 0
        && exchange.request().version() == HttpVersion.HTTP_2
        && random.getAsDouble() < chance) {
      exchange.askToReconnect();
    }
    next.run();
  }
}
