package dev.coracle.criruntime.internal.pod;

import dev.coracle.criruntime.internal.image.Digest;

/**
 * The names of everything that a cluster's runtime makes outside of its data directory.
 *
 * @param token at most eight letters and digits, from the cluster's id
 */
public record ClusterNames(String token) {

  /** A short plain id is taken as it is, any other by its digest. */
  public static ClusterNames of(String clusterId) {
    return new ClusterNames(
        clusterId.matches("[a-z0-9]{1,8}")
            ? clusterId
            : Digest.hex(Digest.of(clusterId.getBytes(java.nio.charset.StandardCharsets.UTF_8)))
                .substring(0, 8));
  }

  /** Network devices have at most 15 characters. */
  public String bridge() {
    return "cor-" + token;
  }

  /** The host's end of a pod's cable. */
  public String veth(String sandboxId) {
    return "v" + hash().substring(0, 5) + sandboxId.substring(0, 9);
  }

  /** What all of this cluster's cables begin with. */
  public String vethPrefix() {
    return "v" + hash().substring(0, 5);
  }

  public String table() {
    return "coracle-" + token + "-pods";
  }

  /** Where containers go whose pod names no cgroup. */
  public String cgroup() {
    return "/coracle-" + token;
  }

  public String sharedMemory(String sandboxId) {
    return "coracle-" + token + "-" + sandboxId.substring(0, 16);
  }

  private String hash() {
    return Digest.hex(Digest.of(token.getBytes(java.nio.charset.StandardCharsets.UTF_8)));
  }
}
