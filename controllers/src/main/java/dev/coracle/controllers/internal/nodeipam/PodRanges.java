package dev.coracle.controllers.internal.nodeipam;

import dev.coracle.api.validation.AddressText;
import java.math.BigInteger;
import java.net.InetAddress;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A range of addresses of one family, cut into equal parts, and which node has which. Confined to
 * the controllers' event loop.
 */
final class PodRanges {

  /** More parts than this are not looked at. */
  private static final int MOST_BITS = 20;

  /** An address as a number, and how many bits the addresses of its family have. */
  private record Network(BigInteger address, int width, int prefix) {

    static Network parse(String cidr) {
      int slash = cidr.indexOf('/');
      if (slash < 0) {
        throw new IllegalArgumentException("not an address range: " + cidr);
      }
      byte[] address = InetAddress.ofLiteral(cidr.substring(0, slash)).getAddress();
      int prefix = Integer.parseInt(cidr.substring(slash + 1));
      int width = address.length * 8;
      if (prefix < 0 || prefix > width) {
        throw new IllegalArgumentException("not an address range: " + cidr);
      }
      BigInteger number = new BigInteger(1, address);
      int free = width - prefix;
      return new Network(number.shiftRight(free).shiftLeft(free), width, prefix);
    }
  }

  private final Network all;
  private final int part;

  /** The parts in use, each by the node that has it; also those given and not shown yet. */
  private final Map<Integer, String> taken = new HashMap<>();

  /**
   * @param cidr such as {@code 10.244.0.0/16}
   * @param partPrefix of a node's part; a range smaller than that goes to one node whole
   */
  PodRanges(String cidr, int partPrefix) {
    all = Network.parse(cidr);
    part = Math.max(partPrefix, all.prefix());
  }

  int size() {
    return 1 << Math.min(MOST_BITS, part - all.prefix());
  }

  String get(int index) {
    byte[] bytes =
        all.address().add(BigInteger.valueOf(index).shiftLeft(all.width() - part)).toByteArray();
    byte[] address = new byte[all.width() / 8];
    // A number may have a byte for its sign more, or bytes that are zero fewer.
    int from = Math.max(0, bytes.length - address.length);
    byte[] significant = Arrays.copyOfRange(bytes, from, bytes.length);
    System.arraycopy(
        significant, 0, address, address.length - significant.length, significant.length);
    return AddressText.canonical(address) + "/" + part;
  }

  /** Nobody else gets what lies in this range; one of another family or elsewhere is no matter. */
  void occupy(String cidr, String node) {
    Network network;
    try {
      network = Network.parse(cidr);
    } catch (IllegalArgumentException e) {
      return;
    }
    if (network.width() != all.width()) {
      return;
    }
    int shift = all.width() - part;
    BigInteger last =
        network
            .address()
            .add(BigInteger.ONE.shiftLeft(all.width() - network.prefix()))
            .subtract(BigInteger.ONE);
    BigInteger from = network.address().subtract(all.address()).shiftRight(shift);
    BigInteger to = last.subtract(all.address()).shiftRight(shift);
    BigInteger end = BigInteger.valueOf(size() - 1L);
    if (to.signum() < 0 || from.compareTo(end) > 0) {
      return;
    }
    for (int i = from.max(BigInteger.ZERO).intValue(); i <= to.min(end).intValue(); i++) {
      taken.putIfAbsent(i, node);
    }
  }

  /** What is the node's already, or else the first that is free; empty where there is none. */
  OptionalInt choose(String node) {
    Optional<Integer> own =
        taken.entrySet().stream()
            .filter(entry -> entry.getValue().equals(node))
            .map(Map.Entry::getKey)
            .findFirst();
    if (own.isPresent()) {
      return OptionalInt.of(own.get());
    }
    for (int i = 0; i < size(); i++) {
      if (!taken.containsKey(i)) {
        return OptionalInt.of(i);
      }
    }
    return OptionalInt.empty();
  }

  void take(int index, String node) {
    taken.put(index, node);
  }

  void release(String node) {
    taken.values().removeIf(node::equals);
  }
}
