package dev.coracle.proxy.internal.nft;

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
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Service addresses in one nftables table of the cluster's own. A change is one transaction that
 * holds only the ports that changed, so its cost does not grow with the number of Services. What
 * was applied is remembered here; state belongs to the loop that calls.
 */
public final class NftBackend implements Backend {

  private static final Logger LOG = LoggerFactory.getLogger(NftBackend.class);

  /**
   * Pods on one bridge that are not routed talk past the host's rules unless the kernel passes
   * bridged packets to them; without that the way back would not be translated, so everything is
   * masqueraded then.
   */
  private static final Path BRIDGE_CALLS = Path.of("/proc/sys/net/bridge/bridge-nf-call-iptables");

  private static final Path FORWARDING = Path.of("/proc/sys/net/ipv4/ip_forward");

  private final Nft nft;
  private final Optional<Path> conntrack;
  private final RuleWriter rules;
  private final Map<String, ServicePort> applied = new HashMap<>();

  /**
   * @param podsAreRouted whether this host sees every packet of its pods as one that it routes
   */
  public NftBackend(Nft nft, String table, String podCidr, boolean podsAreRouted) {
    this(nft, table, podCidr, podsAreRouted, BRIDGE_CALLS);
  }

  NftBackend(Nft nft, String table, String podCidr, boolean podsAreRouted, Path bridgeCalls) {
    this.nft = nft;
    this.conntrack = Nft.find("conntrack");
    boolean bridgedPacketsPassRules = write(bridgeCalls);
    this.rules = new RuleWriter(table, podCidr, !podsAreRouted && !bridgedPacketsPassRules);
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
  public Uni<Void> apply(Collection<ServicePort> changed, Collection<String> removed) {
    StringBuilder script = new StringBuilder();
    List<ServicePort> before = new ArrayList<>();
    for (String key : removed) {
      take(key, before);
    }
    for (ServicePort port : changed) {
      take(port.key(), before);
    }
    before.forEach(port -> script.append(rules.remove(port)));
    changed.forEach(port -> script.append(rules.add(port)));
    return nft.transaction(script.toString())
        .invoke(() -> {
          removed.forEach(applied::remove);
          changed.forEach(port -> applied.put(port.key(), port));
        })
        .call(() -> forgetUdp(before, changed));
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
      for (Endpoint gone : old.endpoints()) {
        if (next == null || !next.endpoints().contains(gone)) {
          for (String address : old.addresses()) {
            commands.add(
                List.of(
                    conntrack.get().toString(),
                    "-D",
                    "-p",
                    "udp",
                    "--orig-dst",
                    address,
                    "--dst-nat",
                    gone.address()));
          }
        }
      }
    }
    for (ServicePort port : changed) {
      if (port.protocol().equals("udp") && !port.endpoints().isEmpty()) {
        boolean hadNone =
            before.stream().noneMatch(b -> b.key().equals(port.key()) && !b.endpoints().isEmpty());
        if (hadNone) {
          for (String address : port.addresses()) {
            commands.add(
                List.of(
                    conntrack.get().toString(),
                    "-D",
                    "-p",
                    "udp",
                    "--orig-dst",
                    address,
                    "--orig-port-dst",
                    String.valueOf(port.port())));
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

  @Override
  public Uni<Void> close() {
    applied.clear();
    return nft.transaction(rules.removeTable());
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
