package dev.coracle.criruntime.network;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.Optional;

/** Tells a {@link PodGuard} of every pod that a network connects. */
record GuardedNetwork(PodNetwork network, PodGuard guard) implements PodNetwork {

  @Override
  public String describe() {
    return network.describe();
  }

  @Override
  public Optional<String> notReady() {
    return network.notReady();
  }

  @Override
  public void podCidr(String cidr) throws IOException {
    network.podCidr(cidr);
  }

  @Override
  public Connection connect(Pod pod) throws IOException {
    Connection connection = network.connect(pod);
    try {
      for (String address : connection.ips()) {
        guard.connected(pod, address);
      }
      return connection;
    } catch (IOException | RuntimeException e) {
      try {
        disconnect(pod, connection.details());
      } catch (IOException left) {
        e.addSuppressed(left);
      }
      throw e;
    }
  }

  @Override
  public void disconnect(Pod pod, JsonNode details) throws IOException {
    try {
      network.disconnect(pod, details);
    } finally {
      guard.disconnected(pod.sandboxId());
    }
  }

  @Override
  public void adopt(Pod pod, Connection connection) throws IOException {
    network.adopt(pod, connection);
    connection.ips().forEach(address -> guard.adopted(pod, address));
  }

  @Override
  public void close() throws IOException {
    network.close();
  }
}
