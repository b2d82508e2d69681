package dev.coracle.launcher.join;

import java.net.URI;

/**
 * How a control plane joins others.
 *
 * @param server {@code https://host:port} of one of them
 * @param token {@code id.secret} of a token for servers
 * @param caHash {@code sha256:…} of the cluster's CA
 * @param certificateKey what its files are sealed with, 64 hexadecimal digits
 */
public record JoinOptions(URI server, String token, String caHash, String certificateKey) {

  /** Never the secrets. */
  @Override
  public String toString() {
    return "JoinOptions[" + server + "]";
  }
}
