package dev.coracle.client;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The metrics of one WorkQueue, under upstream's names and with its {@code name} label. */
final class WorkQueueMetrics {

  private static final Logger LOG = LoggerFactory.getLogger(WorkQueue.class);

  private final String queue;
  private final Counter adds;
  private final Counter retries;
  private final Counter refused;
  private final Timer waiting;
  private final Timer working;

  WorkQueueMetrics(String queue, WorkQueue<?> of, MeterRegistry registry) {
    this.queue = queue;
    adds = registry.counter("workqueue_adds_total", "name", queue);
    retries = registry.counter("workqueue_retries_total", "name", queue);
    refused = registry.counter("coracle_workqueue_refused_total", "name", queue);
    waiting = registry.timer("workqueue_queue_duration", "name", queue);
    working = registry.timer("workqueue_work_duration", "name", queue);
    Gauge.builder("workqueue_depth", of, WorkQueue::depth).tag("name", queue).register(registry);
    Gauge.builder("workqueue_unfinished_work_seconds", of, q -> q.unfinishedSeconds(false))
        .tag("name", queue)
        .register(registry);
    Gauge.builder("workqueue_longest_running_processor_seconds", of, q -> q.unfinishedSeconds(true))
        .tag("name", queue)
        .register(registry);
  }

  void added() {
    adds.increment();
  }

  void retried() {
    retries.increment();
  }

  void refused(Object name) {
    refused.increment();
    LOG.atError()
        .addKeyValue("queue", queue)
        .addKeyValue("name", name)
        .log("A work queue is full; the name is dropped until it changes again");
  }

  void waited(long nanos) {
    waiting.record(nanos, TimeUnit.NANOSECONDS);
  }

  void worked(long nanos) {
    working.record(nanos, TimeUnit.NANOSECONDS);
  }
}
