package dev.coracle.apiserver.internal.admission;

import dev.coracle.apiserver.internal.registry.Backstage;
import io.smallrye.mutiny.Uni;
import java.util.List;
import java.util.function.BiFunction;

/**
 * Runs the plugins one after the other; plugins that answer at once cost no asynchronous step. When
 * a webhook or policy changed the object, all run a second time (see {@link Reinvocation}).
 */
public final class AdmissionChain {

  private final List<AdmissionPlugin> plugins;

  public AdmissionChain(List<AdmissionPlugin> plugins) {
    this.plugins = List.copyOf(plugins);
  }

  public Uni<Void> admit(AdmissionRequest request) {
    Uni<Void> once = run(request, 0, AdmissionPlugin::admit);
    return once == Backstage.DONE ? once : once.chain(() -> again(request));
  }

  private Uni<Void> again(AdmissionRequest request) {
    return request.reinvocation().begin()
        ? run(request, 0, AdmissionPlugin::admit)
        : Backstage.DONE;
  }

  /** What is to be written after this is not where its time is over; it fails then. */
  public Uni<Void> validate(AdmissionRequest request) {
    Uni<Void> validated = run(request, 0, AdmissionPlugin::validate);
    if (validated != Backstage.DONE) {
      return validated.invoke(request.call().deadline()::check);
    }
    request.call().deadline().check();
    return validated;
  }

  private Uni<Void> run(
      AdmissionRequest request,
      int from,
      BiFunction<AdmissionPlugin, AdmissionRequest, Uni<Void>> turn) {
    for (int i = from; i < plugins.size(); i++) {
      Uni<Void> step = turn.apply(plugins.get(i), request);
      if (step != Backstage.DONE) {
        int next = i + 1;
        return step.chain(() -> run(request, next, turn));
      }
    }
    return Backstage.DONE;
  }
}
