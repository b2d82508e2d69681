package dev.coracle.proxy.internal.userspace;

import dev.coracle.proxy.internal.ServicePort.Endpoint;
import java.time.Clock;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Gives endpoints in turn, and a client its own one again where affinity asks for it. Remembers at
 * most {@link #CLIENTS} clients. Belongs to one event loop.
 */
final class RoundRobin {

  private static final int CLIENTS = 10_000;

  private record Choice(Endpoint endpoint, long at) {}

  private final Clock clock;
  private List<Endpoint> endpoints = List.of();
  private int affinitySeconds;
  private int next;
  private final Map<String, Choice> choices =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Choice> eldest) {
          return size() > CLIENTS;
        }
      };

  RoundRobin(Clock clock) {
    this.clock = clock;
  }

  void update(List<Endpoint> now, int newAffinitySeconds) {
    endpoints = now;
    affinitySeconds = newAffinitySeconds;
    choices.values().removeIf(c -> !now.contains(c.endpoint()));
  }

  int size() {
    return endpoints.size();
  }

  /** Null when there is none. */
  @Nullable Endpoint next(String client) {
    if (endpoints.isEmpty()) {
      return null;
    }
    long now = clock.instant().getEpochSecond();
    if (affinitySeconds > 0) {
      Choice known = choices.get(client);
      if (known != null && now - known.at() < affinitySeconds) {
        choices.put(client, new Choice(known.endpoint(), now));
        return known.endpoint();
      }
    }
    Endpoint chosen = endpoints.get(Math.floorMod(next++, endpoints.size()));
    if (affinitySeconds > 0) {
      choices.put(client, new Choice(chosen, now));
    }
    return chosen;
  }
}
