package dev.coracle.coredns.internal;

import dev.coracle.coredns.config.DnsOptions;
import io.vertx.core.AbstractVerticle;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.xbill.DNS.Name;

/** Wires the plugins and deploys the two transports on one event loop. */
public final class DnsVerticle extends AbstractVerticle {

  private static final int PORT_TRIES = 20;

  private final DnsOptions options;
  private final ServiceDirectory directory;
  private final MetricsPlugin metrics;
  private @Nullable UdpTransport udp;
  private @Nullable TcpTransport tcp;
  private volatile int port;

  public DnsVerticle(DnsOptions options, ServiceDirectory directory, MetricsPlugin metrics) {
    this.options = options;
    this.directory = directory;
    this.metrics = metrics;
  }

  public int port() {
    return port;
  }

  @Override
  public void start(Promise<Void> started) throws IOException {
    PluginChain chain =
        PluginChain.of(
            metrics,
            new KubernetesPlugin(
                Name.fromString(options.clusterDomain() + "."),
                options.ttlSeconds(),
                options.clusterIp(),
                directory,
                new Random()),
            new CachePlugin(Clock.systemUTC(), metrics),
            new ForwardPlugin(context, upstreams()));
    listen(chain, PORT_TRIES).onSuccess(p -> port = p).<Void>mapEmpty().onComplete(started);
  }

  /** TCP first; when UDP cannot have the same free port, both try another. */
  private Future<Integer> listen(PluginChain chain, int tries) {
    TcpTransport newTcp = new TcpTransport(vertx, chain);
    UdpTransport newUdp = new UdpTransport(vertx, chain);
    return newTcp
        .listen(options.bindAddress(), options.port())
        .compose(chosen ->
            newUdp
                .listen(options.bindAddress(), chosen)
                .onSuccess(_ -> {
                  tcp = newTcp;
                  udp = newUdp;
                })
                .recover(e ->
                    newTcp
                        .close()
                        .compose(_ ->
                            options.port() == 0 && tries > 1
                                ? listen(chain, tries - 1)
                                : Future.failedFuture(e))));
  }

  @Override
  public void stop(Promise<Void> stopped) {
    Future<Void> first = udp == null ? Future.succeededFuture() : udp.close();
    Future<Void> second = tcp == null ? Future.succeededFuture() : tcp.close();
    Future.join(first, second).<Void>mapEmpty().onComplete(stopped);
  }

  private List<InetSocketAddress> upstreams() throws IOException {
    List<String> names = options.upstreams();
    Path resolv = Path.of("/etc/resolv.conf");
    if (names.isEmpty() && Files.isReadable(resolv)) {
      names =
          Files.readAllLines(resolv, StandardCharsets.UTF_8).stream()
              .filter(line -> line.startsWith("nameserver"))
              .map(line -> line.substring("nameserver".length()).trim())
              .limit(3)
              .toList();
    }
    List<InetSocketAddress> out = new ArrayList<>();
    for (String name : names) {
      out.add(new InetSocketAddress(InetAddress.getByName(name), 53));
    }
    return out;
  }
}
