package dev.coracle.controllers;

import dev.coracle.api.Component;
import dev.coracle.client.Client;
import dev.coracle.client.ContextClient;
import dev.coracle.client.InformerFactory;
import dev.coracle.client.SerialContext;
import dev.coracle.controllers.config.ControllerOptions;
import dev.coracle.controllers.internal.Controller;
import dev.coracle.controllers.internal.Environment;
import dev.coracle.controllers.internal.ResourceCatalog;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.random.RandomGenerator;

/**
 * Runs all controllers of {@link ControllerList} on one event loop, over informers that they share.
 * It is ready when the informers have synced.
 */
public final class ControllerManager implements Component {

  private final SerialContext context;
  private final InformerFactory informers;
  private final List<Controller> controllers = new ArrayList<>();
  private volatile boolean running;

  public ControllerManager(
      Vertx vertx, Client client, ControllerOptions options, MeterRegistry registry) {
    this(SerialContext.of(vertx), client, options, registry, RandomGenerator.getDefault());
  }

  /**
   * @param random for generated names and the jitter of retries
   */
  public ControllerManager(
      SerialContext context,
      Client client,
      ControllerOptions options,
      MeterRegistry registry,
      RandomGenerator random) {
    this.context = context;
    Client here = new ContextClient(client, context);
    this.informers = new InformerFactory(context, here, random);
    Environment env = new Environment(context, here, informers, options, registry, random);
    ResourceCatalog catalog = new ResourceCatalog(env);
    for (ControllerList.Entry entry : ControllerList.ordered()) {
      if (options.tuning().runs(entry.name())) {
        Controller controller = entry.maker().apply(env, catalog);
        controllers.add(controller);
        Gauge.builder("running_managed_controllers", this, m -> m.running ? 1 : 0)
            .description("Whether a controller runs")
            .tag("manager", "kube-controller-manager")
            .tag("name", controller.name())
            .register(registry);
      }
    }
  }

  @Override
  public String name() {
    return "kube-controller-manager";
  }

  /** The names of all controllers that there are, in their order. */
  public static List<String> known() {
    return ControllerList.ordered().stream().map(ControllerList.Entry::name).toList();
  }

  /** The names of the controllers that run, in their order. */
  public List<String> controllers() {
    return controllers.stream().map(Controller::name).toList();
  }

  @Override
  public CompletionStage<Void> start() {
    return informers
        .start()
        .emitOn(context)
        .invoke(() -> {
          running = true;
          controllers.forEach(Controller::start);
        })
        .subscribeAsCompletionStage();
  }

  @Override
  public CompletionStage<Void> stop() {
    running = false;
    controllers.reversed().forEach(Controller::stop);
    return informers.stop().subscribeAsCompletionStage();
  }

  @Override
  public Optional<String> unhealthy() {
    return running ? Optional.empty() : Optional.of("the controllers' informers have not synced");
  }
}
