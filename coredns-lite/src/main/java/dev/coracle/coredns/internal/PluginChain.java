package dev.coracle.coredns.internal;

import dev.coracle.coredns.internal.corefile.NameSettings;
import dev.coracle.coredns.spi.DnsPlugin;
import io.smallrye.mutiny.Uni;
import java.util.List;
import java.util.function.Supplier;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.Rcode;

/** The plugins in the order in which a query passes them; behind the last one nobody answers. */
public final class PluginChain {

  private final DnsPlugin.Next first;

  private PluginChain(DnsPlugin.Next first) {
    this.first = first;
  }

  private static DnsPlugin.Next link(List<DnsPlugin> plugins, DnsPlugin.Next last) {
    DnsPlugin.Next next = last;
    for (DnsPlugin plugin : plugins.reversed()) {
      DnsPlugin.Next rest = next;
      next = query -> plugin.serve(query, rest);
    }
    return next;
  }

  /**
   * The order: count and bound every query, users' own zones, answer the cluster's names, remember,
   * ask upstream.
   */
  static PluginChain of(
      MetricsPlugin metrics,
      Supplier<NameSettings> settings,
      Name clusterZone,
      KubernetesPlugin kubernetes,
      CachePlugin cache,
      ForwardPlugin forward) {
    DnsPlugin.Next upstream =
        link(
            List.of(cache, forward),
            query -> Uni.createFrom().item(Answers.empty(query, Rcode.REFUSED)));
    ZonesPlugin zones = new ZonesPlugin(settings, clusterZone, upstream);
    return new PluginChain(link(List.of(metrics, new ErrorsPlugin(), zones, kubernetes), upstream));
  }

  Uni<Message> serve(Message query) {
    return first.serve(query);
  }
}
