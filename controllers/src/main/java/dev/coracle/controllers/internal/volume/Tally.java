package dev.coracle.controllers.internal.volume;

import dev.coracle.api.KubeObject;
import dev.coracle.client.Informer;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;

/**
 * How many there are by their tags, as one family of gauges; where there is none there is no gauge.
 * Owned by the controllers' context; read from any thread.
 */
final class Tally {

  private record Series(AtomicLong number, Gauge gauge) {}

  private final MeterRegistry registry;
  private final String name;
  private final String help;
  private final Map<Tags, Series> series = new HashMap<>();

  Tally(MeterRegistry registry, String name, String help) {
    this.registry = registry;
    this.name = name;
    this.help = help;
  }

  void add(Tags tags, long more) {
    if (more == 0) {
      return;
    }
    Series one = series.computeIfAbsent(tags, this::series);
    if (one.number.addAndGet(more) == 0) {
      registry.remove(one.gauge);
      series.remove(tags);
    }
  }

  private Series series(Tags tags) {
    AtomicLong number = new AtomicLong();
    return new Series(
        number,
        Gauge.builder(name, number, AtomicLong::get)
            .description(help)
            .tags(tags)
            .register(registry));
  }

  /**
   * Counts the objects of an informer.
   *
   * @param tags of an object; none: it is not counted
   */
  Tally follow(Informer informer, Function<KubeObject, Optional<Tags>> tags) {
    informer.addHandler(
        new Informer.Handler() {
          @Override
          public void added(KubeObject object) {
            tags.apply(object).ifPresent(t -> add(t, 1));
          }

          @Override
          public void updated(KubeObject before, KubeObject now) {
            Optional<Tags> was = tags.apply(before);
            Optional<Tags> is = tags.apply(now);
            if (!was.equals(is)) {
              was.ifPresent(t -> add(t, -1));
              is.ifPresent(t -> add(t, 1));
            }
          }

          @Override
          public void deleted(KubeObject last) {
            tags.apply(last).ifPresent(t -> add(t, -1));
          }
        });
    return this;
  }
}
