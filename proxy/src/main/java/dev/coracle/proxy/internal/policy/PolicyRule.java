package dev.coracle.proxy.internal.policy;

import dev.coracle.api.net.IpFamily;
import java.util.List;
import java.util.Optional;

/**
 * One rule of a chain: a packet that meets both conditions is let pass in the chain's direction.
 *
 * @param policy whose rule it is, {@code namespace/name}
 * @param peer what the other end's address has to be; empty: anything
 * @param ports what the destination's port has to be; empty: anything, of any protocol
 */
record PolicyRule(String policy, Optional<PeerMatch> peer, Optional<Ports> ports) {

  /** A condition on the address of the other end. */
  sealed interface PeerMatch {

    /** One of the addresses in the set of this name. */
    record InSet(String set) implements PeerMatch {}

    /** Inside of one of these ranges, of which there is at least one; all are of one family. */
    record InRanges(List<AddressRange> ranges) implements PeerMatch {
      public InRanges {
        ranges = List.copyOf(ranges);
      }

      IpFamily family() {
        return ranges.getFirst().family();
      }

      /** Whether every address of its family meets it. */
      boolean isEverything() {
        return ranges.equals(List.of(AddressRange.everything(family())));
      }
    }
  }

  /** A condition on protocol and destination port. */
  sealed interface Ports {

    Protocol protocol();

    /** Every port of the protocol. */
    record All(Protocol protocol) implements Ports {}

    /** One of these, in ascending order and apart from one another. */
    record Numbers(Protocol protocol, List<PortRange> ranges) implements Ports {
      public Numbers {
        ranges = List.copyOf(ranges);
      }
    }

    /** Destination address and port together are in the set of this name. */
    record OfDestination(Protocol protocol, String set) implements Ports {}
  }
}
