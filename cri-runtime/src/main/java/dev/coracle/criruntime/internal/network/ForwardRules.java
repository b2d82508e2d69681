package dev.coracle.criruntime.internal.network;

import dev.coracle.criruntime.internal.container.HostTools;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets the bridge's packets pass where the host drops what it forwards, as it does once Docker has
 * been started on it: an accepting rule elsewhere does not help against a policy of iptables. The
 * rules stand in {@code DOCKER-USER}, which Docker leaves to its users and asks first, or else in
 * {@code FORWARD}.
 */
final class ForwardRules {
  private static final Logger LOG = LoggerFactory.getLogger(ForwardRules.class);
  private static final String FORWARD = "FORWARD";
  private static final String DOCKERS = "DOCKER-USER";

  private final List<String> iptables;
  private final String bridge;

  /**
   * @param iptables how the program is called; empty where there is none, and then there are no
   *     rules of it either
   */
  ForwardRules(List<String> iptables, String bridge) {
    this.iptables = List.copyOf(iptables);
    this.bridge = bridge;
  }

  /**
   * @param program {@code iptables}, or of IPv6 {@code ip6tables}
   */
  static ForwardRules ofHost(String program, String bridge) {
    Optional<Path> found = HostTools.find(program);
    return new ForwardRules(found.map(p -> List.of(p.toString())).orElse(List.of()), bridge);
  }

  /** Adds the rules where they are needed and missing. */
  void open() throws IOException {
    if (iptables.isEmpty()) {
      return;
    }
    Optional<String> chain = chain();
    if (chain.isPresent()) {
      for (String direction : List.of("-i", "-o")) {
        if (run("-C", chain.get(), direction).code() != 0) {
          run("-I", chain.get(), direction).orThrow("iptables");
        }
      }
      LOG.atInfo()
          .addKeyValue("chain", chain.get())
          .addKeyValue("bridge", bridge)
          .log("this host drops what it forwards; the pods' packets are let through");
    }
  }

  private Optional<String> chain() throws IOException {
    HostTools.Result policy = run(List.of("-S", FORWARD));
    if (policy.code() != 0 || !policy.output().contains("-P FORWARD DROP")) {
      return Optional.empty();
    }
    return Optional.of(policy.output().contains("-j " + DOCKERS) ? DOCKERS : FORWARD);
  }

  /** Takes them back, wherever they are. */
  void close() throws IOException {
    if (iptables.isEmpty()) {
      return;
    }
    for (String chain : List.of(DOCKERS, FORWARD)) {
      for (String direction : List.of("-i", "-o")) {
        if (run("-C", chain, direction).code() == 0) {
          run("-D", chain, direction).orThrow("iptables");
        }
      }
    }
  }

  private HostTools.Result run(String verb, String chain, String direction) throws IOException {
    return run(List.of(verb, chain, direction, bridge, "-j", "ACCEPT"));
  }

  private HostTools.Result run(List<String> arguments) throws IOException {
    List<String> command = new ArrayList<>(iptables);
    command.add("-w");
    command.addAll(arguments);
    return HostTools.run("", command);
  }
}
