package dev.coracle.controllers.internal;

import dev.coracle.api.GroupVersionResource;
import dev.coracle.client.Client;
import dev.coracle.client.ControllerLoop;
import dev.coracle.client.EventRecorder;
import dev.coracle.client.Informer;
import dev.coracle.client.InformerFactory;
import dev.coracle.client.Reconciler;
import dev.coracle.client.SerialContext;
import dev.coracle.controllers.config.ControllerOptions;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Instant;
import java.util.random.RandomGenerator;

/** What every controller is given. One context for all, so none of them needs a lock. */
public record Environment(
    SerialContext context,
    Client client,
    InformerFactory informers,
    ControllerOptions options,
    MeterRegistry registry,
    RandomGenerator random) {

  public Informer informer(GroupVersionResource resource) {
    return informers.informer(resource);
  }

  public ControllerLoop loop(String name, int concurrency, Reconciler reconciler) {
    return new ControllerLoop(name, reconciler, concurrency, context, registry);
  }

  public EventRecorder recorder(String component) {
    return new EventRecorder(client, context, component, "", registry);
  }

  public Instant now() {
    return context.clock().instant();
  }
}
