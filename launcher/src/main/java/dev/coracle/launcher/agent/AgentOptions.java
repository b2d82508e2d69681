package dev.coracle.launcher.agent;

import dev.coracle.launcher.config.CoracleOptions;
import java.net.URI;

/**
 * How a machine joins.
 *
 * @param server {@code https://host:port} of the API server
 * @param token {@code id.secret}; needed until the node has a certificate of its own
 * @param caHash {@code sha256:…} of the cluster's CA; with {@code caFile} empty, needed until the
 *     CA is known
 * @param caFile the cluster's CA, PEM; empty for none
 * @param node everything about the node itself; what concerns a control plane is not used
 */
public record AgentOptions(
    URI server, String token, String caHash, String caFile, CoracleOptions node) {

  /** Never the token. */
  @Override
  public String toString() {
    return "AgentOptions[" + server + "]";
  }
}
