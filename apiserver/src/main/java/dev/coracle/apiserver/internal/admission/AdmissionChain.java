package dev.coracle.apiserver.internal.admission;

import dev.coracle.apiserver.internal.admission.AdmissionMeters.Step;
import dev.coracle.apiserver.internal.registry.Backstage;
import io.micrometer.core.instrument.composite.CompositeMeterRegistry;
import io.smallrye.mutiny.Uni;
import java.util.List;
import java.util.function.Supplier;

/**
 * Runs the plugins one after the other; plugins that answer at once cost no asynchronous step. When
 * a webhook or policy changed the object, all run a second time (see {@link Reinvocation}).
 */
public final class AdmissionChain {

  /** Asks nobody, and tells no meter. */
  public static final AdmissionChain NONE =
      new AdmissionChain(List.of(), new AdmissionMeters(new CompositeMeterRegistry()));

  private final List<AdmissionPlugin> plugins;
  private final AdmissionMeters meters;

  public AdmissionChain(List<AdmissionPlugin> plugins, AdmissionMeters meters) {
    this.plugins = List.copyOf(plugins);
    this.meters = meters;
  }

  public Uni<Void> admit(AdmissionRequest request) {
    return timed(
        Step.ADMIT,
        request,
        () -> {
          AdmittedManagers managers = AdmittedManagers.of(request);
          Uni<Void> once = run(request, 0, Step.ADMIT);
          return once == Backstage.DONE
              ? once
              : once.chain(() -> again(request)).invoke(managers::putBackUnlessValid);
        });
  }

  private Uni<Void> again(AdmissionRequest request) {
    return request.reinvocation().begin() ? run(request, 0, Step.ADMIT) : Backstage.DONE;
  }

  /** What is to be written after this is not where its time is over; it fails then. */
  public Uni<Void> validate(AdmissionRequest request) {
    Uni<Void> validated = timed(Step.VALIDATE, request, () -> run(request, 0, Step.VALIDATE));
    if (validated != Backstage.DONE) {
      return validated.invoke(request.call().time()::check);
    }
    request.call().time().check();
    return validated;
  }

  private Uni<Void> timed(Step step, AdmissionRequest request, Supplier<Uni<Void>> work) {
    long since = System.nanoTime();
    Uni<Void> all;
    try {
      all = work.get();
    } catch (RuntimeException refused) {
      meters.took(step, request.operation(), true, since);
      throw refused;
    }
    if (all == Backstage.DONE) {
      meters.took(step, request.operation(), false, since);
      return all;
    }
    return all.onItemOrFailure()
        .invoke((_, refused) -> meters.took(step, request.operation(), refused != null, since));
  }

  private Uni<Void> run(AdmissionRequest request, int from, Step step) {
    long since = System.nanoTime();
    for (int i = from; i < plugins.size(); i++) {
      AdmissionPlugin plugin = plugins.get(i);
      Uni<Void> turn;
      try {
        turn = step == Step.ADMIT ? plugin.admit(request) : plugin.validate(request);
      } catch (RuntimeException refused) {
        meters.took(plugin, step, request.operation(), true, since);
        throw refused;
      }
      if (turn != Backstage.DONE) {
        int next = i + 1;
        return turn.onItemOrFailure()
            .invoke((_, refused) ->
                meters.took(plugin, step, request.operation(), refused != null, since))
            .chain(() -> run(request, next, step));
      }
    }
    return Backstage.DONE;
  }
}
