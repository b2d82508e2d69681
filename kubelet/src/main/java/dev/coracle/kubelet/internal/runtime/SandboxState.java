package dev.coracle.kubelet.internal.runtime;

import java.util.List;

/** A pod sandbox as the runtime reports it; newest attempt first in lists. */
public record SandboxState(
    String id, boolean ready, int attempt, long createdAt, boolean hostNetwork, List<String> ips) {
  public SandboxState {
    ips = List.copyOf(ips);
  }
}
