package dev.coracle.apiserver.internal.filter;

import dev.coracle.apiserver.internal.http.Exchange;

/** One step that every request passes. */
@FunctionalInterface
public interface Filter {

  /**
   * Goes on by {@code next}, now or later on the same context, or ends the exchange. Failures may
   * be thrown: the panic guard answers them.
   */
  void handle(Exchange exchange, Runnable next);
}
