package dev.coracle.coredns.spi;

import io.smallrye.mutiny.Uni;
import org.xbill.DNS.Message;

/**
 * One link of the chain that answers a query. A plugin answers, or hands on to the next, or changes
 * what the next answered. All of it runs on the server's event loop.
 */
public interface DnsPlugin {

  /** The rest of the chain. */
  @FunctionalInterface
  interface Next {
    Uni<Message> serve(Message query);
  }

  /** As it stands in metrics: {@code kubernetes}. */
  String name();

  Uni<Message> serve(Message query, Next next);
}
