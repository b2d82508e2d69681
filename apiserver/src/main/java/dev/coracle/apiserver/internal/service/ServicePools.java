package dev.coracle.apiserver.internal.service;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.apiserver.config.ApiServerOptions.Services;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.OptionalInt;
import java.util.random.RandomGenerator;

/**
 * The cluster addresses and node ports that are taken; filled from the stored Services at start.
 */
public final class ServicePools {

  private final AddressRange range;
  private final Services options;
  private final NumberPool addresses;
  private final NumberPool ports;

  public ServicePools(Services options, RandomGenerator random) {
    this.options = options;
    this.range = AddressRange.parse(options.cidr());
    int size = range.size();
    // The first address is the network's and the last its broadcast address.
    this.addresses = new NumberPool(1, size - 2, band(size), random);
    int portCount = options.lastNodePort() - options.firstNodePort() + 1;
    this.ports =
        new NumberPool(
            options.firstNodePort(), options.lastNodePort(), Math.min(86, portCount / 32), random);
  }

  private static int band(int size) {
    return size < 32 ? 0 : Math.clamp(size / 16, 16, 256);
  }

  /** The address of the kubernetes Service. */
  public String first() {
    return range.address(1);
  }

  public String cidr() {
    return options.cidr();
  }

  public String portRange() {
    return options.firstNodePort() + "-" + options.lastNodePort();
  }

  public void fill(Collection<KubeObject> services) {
    for (KubeObject service : services) {
      addresses(service).forEach(this::takeAddress);
      ports(service).forEach(ports::take);
    }
  }

  /** Those inside the range. */
  static List<String> addresses(KubeObject service) {
    List<String> out = new ArrayList<>();
    service.at("spec", "clusterIPs").forEach(ip -> out.add(ip.asText("")));
    String one = service.text("spec", "clusterIP");
    if (!one.isEmpty() && !out.contains(one)) {
      out.add(one);
    }
    out.removeIf(ip -> ip.isEmpty() || ip.equals("None"));
    return out;
  }

  static List<Integer> ports(KubeObject service) {
    List<Integer> out = new ArrayList<>();
    for (JsonNode p : service.at("spec", "ports")) {
      int port = p.path("nodePort").asInt(0);
      if (port > 0 && !out.contains(port)) {
        out.add(port);
      }
    }
    int health = service.at("spec", "healthCheckNodePort").asInt(0);
    if (health > 0) {
      out.add(health);
    }
    return out;
  }

  boolean inRange(String ip) {
    int offset = range.offset(ip);
    return offset > 0 && addresses.contains(offset);
  }

  boolean takeAddress(String ip) {
    int offset = range.offset(ip);
    return offset > 0 && addresses.take(offset);
  }

  /** Empty text when there is none left. */
  String takeAnyAddress() {
    OptionalInt offset = addresses.takeAny();
    return offset.isPresent() ? range.address(offset.getAsInt()) : "";
  }

  void releaseAddress(String ip) {
    int offset = range.offset(ip);
    if (offset > 0) {
      addresses.release(offset);
    }
  }

  NumberPool ports() {
    return ports;
  }
}
