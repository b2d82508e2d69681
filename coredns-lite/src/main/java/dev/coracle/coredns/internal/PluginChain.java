package dev.coracle.coredns.internal;

import dev.coracle.coredns.spi.DnsPlugin;
import io.smallrye.mutiny.Uni;
import java.util.List;
import org.xbill.DNS.Message;
import org.xbill.DNS.Rcode;

/** The plugins in the order in which a query passes them; behind the last one nobody answers. */
public final class PluginChain {

  private final DnsPlugin.Next first;

  private PluginChain(List<DnsPlugin> plugins) {
    DnsPlugin.Next next = query -> Uni.createFrom().item(Answers.empty(query, Rcode.REFUSED));
    for (DnsPlugin plugin : plugins.reversed()) {
      DnsPlugin.Next rest = next;
      next = query -> plugin.serve(query, rest);
    }
    this.first = next;
  }

  /** The order: count and bound every query, answer the cluster's names, remember, ask upstream. */
  static PluginChain of(
      MetricsPlugin metrics,
      KubernetesPlugin kubernetes,
      CachePlugin cache,
      ForwardPlugin forward) {
    return new PluginChain(List.of(metrics, new ErrorsPlugin(), kubernetes, cache, forward));
  }

  Uni<Message> serve(Message query) {
    return first.serve(query);
  }
}
