package dev.coracle.kubelet.internal.sync;

import dev.coracle.kubelet.internal.pod.Pod;
import dev.coracle.tracing.Tracing;
import io.opentelemetry.api.trace.SpanKind;
import java.util.function.Supplier;

/**
 * A span for each step of a pod's worker, with upstream's names and attributes. What is asked of
 * the runtime meanwhile stands within it.
 *
 * @see <a href="https://github.com/kubernetes/enhancements/issues/2831">KEP-2831</a>
 */
final class TracedSteps implements PodWorker.Steps {

  private final PodWorker.Steps inner;
  private final Tracing tracing;

  private TracedSteps(PodWorker.Steps inner, Tracing tracing) {
    this.inner = inner;
    this.tracing = tracing;
  }

  /** The same steps, where there are no traces. */
  static PodWorker.Steps around(PodWorker.Steps inner, Tracing tracing) {
    return tracing.on() ? new TracedSteps(inner, tracing) : inner;
  }

  @Override
  public PodWorker.Next sync(PodWorker worker) {
    return within("syncPod", worker, () -> inner.sync(worker));
  }

  @Override
  public PodWorker.Next terminate(PodWorker worker) {
    return within("syncTerminatingPod", worker, () -> inner.terminate(worker));
  }

  @Override
  public PodWorker.Next terminated(PodWorker worker) {
    return within("syncTerminatedPod", worker, () -> inner.terminated(worker));
  }

  @Override
  public void hurry(PodWorker worker) {
    inner.hurry(worker);
  }

  @Override
  public void glance(PodWorker worker) {
    inner.glance(worker);
  }

  private PodWorker.Next within(String name, PodWorker worker, Supplier<PodWorker.Next> work) {
    return tracing.within(
        name,
        SpanKind.INTERNAL,
        span -> {
          Pod pod = worker.context().pod();
          span.setAttribute("k8s.pod.uid", pod.uid());
          span.setAttribute("k8s.pod", pod.namespace() + "/" + pod.name());
          span.setAttribute("k8s.pod.name", pod.name());
          span.setAttribute("k8s.namespace.name", pod.namespace());
        },
        work);
  }
}
