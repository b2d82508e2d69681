package dev.coracle.kubelet.config;

import com.fasterxml.jackson.databind.JsonNode;

/** What is seen to on machines whose memory is nearer to some CPUs than to others. */
public record NumaManagement(TopologyManagement topology, MemoryManagement memory) {
  public static final NumaManagement NONE =
      new NumaManagement(TopologyManagement.NONE, MemoryManagement.NONE);

  /**
   * @throws IllegalArgumentException in upstream's words
   */
  static NumaManagement parse(JsonNode document) {
    return new NumaManagement(TopologyManagement.parse(document), MemoryManagement.parse(document));
  }

  /** Whether anybody asks where the machine's memory is. */
  public boolean isAsked() {
    return topology.policy() != TopologyManagement.Policy.NONE || memory.exclusive();
  }
}
