package dev.coracle.kubelet.internal.runtime;

import java.util.Optional;

/**
 * What probes last said of a container, by its id; empty where none has run yet. Safe for any
 * thread, answers at once.
 */
public interface ProbeResults {
  ProbeResults NONE =
      new ProbeResults() {
        @Override
        public Optional<Boolean> startup(String containerId) {
          return Optional.empty();
        }

        @Override
        public Optional<Boolean> liveness(String containerId) {
          return Optional.empty();
        }

        @Override
        public Optional<Boolean> readiness(String containerId) {
          return Optional.empty();
        }
      };

  Optional<Boolean> startup(String containerId);

  Optional<Boolean> liveness(String containerId);

  Optional<Boolean> readiness(String containerId);
}
