package dev.coracle.kubelet.internal.runtime;

import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.coracle.api.Json;
import dev.coracle.kubelet.internal.pod.ContainerSpec;
import dev.coracle.kubelet.internal.pod.Pod;

/** What pods hold of their node beside processor time and memory. */
public interface NodeDevices extends ContainerExtras.Source {

  /**
   * A pod cannot have what it asks for, now or later; reason and message are those of its status.
   */
  final class Refused extends Exception {
    private static final long serialVersionUID = 1L;

    private final String reason;

    public Refused(String reason, String message) {
      super(message, null, false, false);
      this.reason = reason;
    }

    /** What the scheduler should have known better. */
    public static Refused unexpected(String why) {
      return new Refused(
          "UnexpectedAdmissionError", "Allocate failed due to " + why + ", which is unexpected");
    }

    public String reason() {
      return reason;
    }
  }

  /** Something has to happen first; it is tried again. */
  final class NotReady extends Exception {
    private static final long serialVersionUID = 1L;

    public NotReady(String message) {
      super(message, null, false, false);
    }
  }

  /** There are none. */
  NodeDevices NONE =
      new NodeDevices() {
        @Override
        public void allocate(Pod pod) {}

        @Override
        public void release(String podUid) {}

        @Override
        public ContainerExtras of(Pod pod, ContainerSpec container) {
          return ContainerExtras.NONE;
        }
      };

  /**
   * Gives a pod's containers what they ask for, once: later calls, also those of a later kubelet,
   * find it given. Blocks.
   */
  void allocate(Pod pod) throws Refused, NotReady;

  /**
   * How the devices of a container fare, as in {@code allocatedResourcesStatus} (KEP-4680); empty
   * where it holds none.
   */
  default ArrayNode health(Pod pod, ContainerSpec container) {
    return Json.array();
  }

  /** The pod has ended: others may have what it held. */
  void release(String podUid) throws NotReady;
}
