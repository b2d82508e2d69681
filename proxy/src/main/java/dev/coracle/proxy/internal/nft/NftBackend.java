package dev.coracle.proxy.internal.nft;

import dev.coracle.api.net.Cidr;
import dev.coracle.api.net.IpFamily;
import dev.coracle.proxy.internal.Backend;
import dev.coracle.proxy.internal.ServicePort;
import dev.coracle.proxy.internal.ServicePort.Endpoint;
import io.smallrye.mutiny.Uni;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Service addresses in nftables tables of the cluster's own, one of each IP family: that of IPv6 is
 * made when the first Service has such an address, and in the same transaction. A change is one
 * transaction that holds only the ports that changed, so its cost does not grow with the number of
 * Services. What was applied is remembered here; state belongs to the loop that calls.
 */
public final class NftBackend implements Backend {

  private static final Logger LOG = LoggerFactory.getLogger(NftBackend.class);

  /**
   * Pods on one bridge that are not routed talk past the host's rules unless the kernel passes
   * bridged packets to them; without that the way back would not be translated, so everything is
   * masqueraded then.
   */
  private static final Path BRIDGE = Path.of("/proc/sys/net/bridge");

  private static final Path IPV6 = Path.of("/proc/sys/net/ipv6");

  private static final Path FORWARDING = Path.of("/proc/sys/net/ipv4/ip_forward");

  private final Nft nft;
  private final Optional<Path> conntrack;
  private final RuleWriter rules;
  private final Supplier<RuleWriter> makeIpv6;
  private final boolean hostHasIpv6 = Files.isDirectory(IPV6);

  /** Of the table of IPv6 once it is there. */
  private @Nullable RuleWriter ipv6;

  private final Map<String, ServicePort> applied = new HashMap<>();

  /**
   * @param podsAreRouted whether this host sees every packet of its pods as one that it routes
   */
  public NftBackend(Nft nft, String table, String podCidr, boolean podsAreRouted) {
    this(nft, table, podCidr, podsAreRouted, BRIDGE);
  }

  /**
   * @param bridge the directory of the kernel's settings for bridges
   */
  NftBackend(Nft nft, String table, String podCidr, boolean podsAreRouted, Path bridge) {
    this.nft = nft;
    this.conntrack = Nft.find("conntrack");
    List<String> podCidrs = Cidr.split(podCidr);
    boolean passed = write(bridge.resolve("bridge-nf-call-iptables"));
    this.rules = new RuleWriter(table, Family.IPV4, podCidrs, !podsAreRouted && !passed);
    this.makeIpv6 =
        () -> {
          boolean passedToo = write(bridge.resolve("bridge-nf-call-ip6tables"));
          return new RuleWriter(table, Family.IPV6, podCidrs, !podsAreRouted && !passedToo);
        };
  }

  @Override
  public String name() {
    return "nftables";
  }

  @Override
  public Uni<Void> open() {
    write(FORWARDING);
    return nft.transaction(rules.createTable());
  }

  @Override
  public Uni<Void> apply(Collection<ServicePort> wanted, Collection<String> removed) {
    List<ServicePort> changed = wanted.stream().filter(this::isPossible).toList();
    StringBuilder script = new StringBuilder();
    RuleWriter second = ipv6;
    if (second == null && changed.stream().anyMatch(port -> port.family() == IpFamily.IPv6)) {
      second = makeIpv6.get();
      script.append(second.createTable());
    }
    @Nullable RuleWriter rulesOfIpv6 = second;
    List<ServicePort> before = new ArrayList<>();
    for (String key : removed) {
      take(key, before);
    }
    for (ServicePort port : changed) {
      take(port.key(), before);
    }
    before.forEach(port -> script.append(of(port, rulesOfIpv6).remove(port)));
    changed.forEach(port -> script.append(of(port, rulesOfIpv6).add(port)));
    if (script.isEmpty()) {
      return Uni.createFrom().voidItem();
    }
    return nft.transaction(script.toString())
        .invoke(() -> {
          ipv6 = rulesOfIpv6;
          removed.forEach(applied::remove);
          changed.forEach(port -> applied.put(port.key(), port));
        })
        .call(() -> forgetUdp(before, changed));
  }

  private RuleWriter of(ServicePort port, @Nullable RuleWriter rulesOfIpv6) {
    return switch (port.family()) {
      case IPv4 -> rules;
      case IPv6 -> Objects.requireNonNull(rulesOfIpv6);
    };
  }

  /** What the kernel cannot do at all must not keep it from the rest. */
  private boolean isPossible(ServicePort port) {
    boolean possible = port.family() == IpFamily.IPv4 || hostHasIpv6;
    if (!possible) {
      LOG.atWarn()
          .addKeyValue("port", port.key())
          .addKeyValue("addresses", port.allAddresses())
          .log("This host's kernel has no IPv6, so the Service is not reached by these addresses");
    }
    return possible;
  }

  private void take(String key, List<ServicePort> into) {
    @Nullable ServicePort port = applied.get(key);
    if (port != null) {
      into.add(port);
    }
  }

  /**
   * The kernel remembers where a UDP flow goes, also when that endpoint is gone or none was there
   * at first; those memories are dropped, beside the path of the change.
   */
  private Uni<Void> forgetUdp(List<ServicePort> before, Collection<ServicePort> changed) {
    if (conntrack.isEmpty()) {
      return Uni.createFrom().voidItem();
    }
    Map<String, ServicePort> now = new HashMap<>();
    changed.forEach(port -> now.put(port.key(), port));
    List<List<String>> commands = new ArrayList<>();
    for (ServicePort old : before) {
      if (!old.protocol().equals("udp")) {
        continue;
      }
      ServicePort next = now.get(old.key());
      for (Endpoint gone : old.allEndpoints()) {
        if (next == null || !next.allEndpoints().contains(gone)) {
          for (String address : old.allAddresses()) {
            commands.add(forget(old, "--orig-dst", address, "--dst-nat", gone.address()));
          }
        }
      }
    }
    for (ServicePort port : changed) {
      if (port.protocol().equals("udp") && !port.allEndpoints().isEmpty()) {
        boolean hadNone =
            before.stream()
                .noneMatch(b -> b.key().equals(port.key()) && !b.allEndpoints().isEmpty());
        if (hadNone) {
          for (String address : port.allAddresses()) {
            String number = String.valueOf(port.port());
            commands.add(forget(port, "--orig-dst", address, "--orig-port-dst", number));
          }
        }
      }
    }
    commands.forEach(command ->
        nft.attempt(command)
            .subscribe()
            .with(_ -> {}, e -> LOG.atDebug().addKeyValue("cause", e).log("conntrack")));
    return Uni.createFrom().voidItem();
  }

  private List<String> forget(ServicePort port, String... which) {
    List<String> command = new ArrayList<>();
    command.add(conntrack.orElseThrow().toString());
    if (port.family() == IpFamily.IPv6) {
      command.addAll(List.of("-f", "ipv6"));
    }
    command.addAll(List.of("-D", "-p", "udp"));
    command.addAll(List.of(which));
    return List.copyOf(command);
  }

  @Override
  public Uni<Void> close() {
    applied.clear();
    RuleWriter second = ipv6;
    return nft.transaction(rules.removeTable() + (second == null ? "" : second.removeTable()));
  }

  private static boolean write(Path setting) {
    try {
      if (!Files.readString(setting).trim().equals("1")) {
        Files.writeString(setting, "1");
      }
      return true;
    } catch (IOException e) {
      LOG.atInfo()
          .addKeyValue("setting", setting)
          .addKeyValue("cause", e.toString())
          .log("Kernel setting cannot be made");
      return false;
    }
  }
}
