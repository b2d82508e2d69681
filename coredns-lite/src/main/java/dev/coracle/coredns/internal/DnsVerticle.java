package dev.coracle.coredns.internal;

import dev.coracle.coredns.config.DnsOptions;
import dev.coracle.coredns.internal.corefile.NameSettings;
import io.vertx.core.AbstractVerticle;
import io.vertx.core.Context;
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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xbill.DNS.Name;

/** Wires the plugins and deploys the two transports on one event loop. */
public final class DnsVerticle extends AbstractVerticle {

  private static final Logger LOG = LoggerFactory.getLogger(DnsVerticle.class);
  private static final int PORT_TRIES = 20;

  /** As many as a resolver of C asks. */
  private static final int MOST_NAMESERVERS = 3;

  private final DnsOptions options;
  private final ServiceDirectory directory;
  private final MetricsPlugin metrics;
  private @Nullable UdpTransport udp;
  private @Nullable TcpTransport tcp;
  private volatile int port;

  private final CachePlugin cache;
  private volatile NameSettings settings;
  private volatile @Nullable Context running;

  /**
   * @param settings until {@link #configure} gives others
   */
  public DnsVerticle(
      DnsOptions options,
      ServiceDirectory directory,
      MetricsPlugin metrics,
      NameSettings settings) {
    this.options = options;
    this.directory = directory;
    this.metrics = metrics;
    this.cache = new CachePlugin(Clock.systemUTC(), metrics);
    this.settings = settings;
  }

  /** Others answer from now on. May be called on any thread, also before the start. */
  public void configure(NameSettings now) {
    settings = now;
    Context loop = running;
    if (loop != null) {
      loop.runOnContext(_ -> cache.clear());
    }
  }

  public int port() {
    return port;
  }

  @Override
  public void start(Promise<Void> started) throws IOException {
    running = context;
    Name clusterZone = Name.fromString(options.clusterDomain() + ".");
    PluginChain chain =
        PluginChain.of(
            metrics,
            () -> settings,
            clusterZone,
            new KubernetesPlugin(
                clusterZone, options.ttlSeconds(), options.clusterIp(), directory, new Random()),
            cache,
            new ForwardPlugin(context, name -> settings.zoneOf(name).servers()));
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

  /** The options' name servers, or those of the node. */
  public static List<InetSocketAddress> upstreams(DnsOptions options) {
    List<InetSocketAddress> out = new ArrayList<>();
    for (String address : options.upstreams()) {
      out.add(new InetSocketAddress(InetAddress.ofLiteral(address), 53));
    }
    Path resolv = Path.of("/etc/resolv.conf");
    if (out.isEmpty() && Files.isReadable(resolv)) {
      try {
        nameservers(Files.readAllBytes(resolv)).forEach(a -> out.add(new InetSocketAddress(a, 53)));
      } catch (IOException e) {
        LOG.atWarn().addKeyValue("cause", e.toString()).log("/etc/resolv.conf cannot be read");
      }
    }
    return out;
  }

  /** The first three name servers of resolv.conf(5); a line that names none is passed over. */
  static List<InetAddress> nameservers(byte[] resolvConf) {
    List<InetAddress> out = new ArrayList<>();
    for (String line : new String(resolvConf, StandardCharsets.UTF_8).split("\n")) {
      String[] words = line.strip().split("\\s+", 3);
      if (words.length > 1 && words[0].equals("nameserver") && out.size() < MOST_NAMESERVERS) {
        try {
          out.add(InetAddress.ofLiteral(words[1]));
        } catch (IllegalArgumentException e) {
          LOG.atWarn().addKeyValue("line", line).log("/etc/resolv.conf names no usable server");
        }
      }
    }
    return out;
  }
}
