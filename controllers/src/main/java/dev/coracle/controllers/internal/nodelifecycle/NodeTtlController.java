package dev.coracle.controllers.internal.nodelifecycle;

import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.rest.Patch;
import dev.coracle.client.Informer;
import dev.coracle.client.Lister;
import dev.coracle.controllers.internal.Environment;
import dev.coracle.controllers.internal.LoopController;
import io.smallrye.mutiny.Uni;

/**
 * Says on every node, in {@code node.alpha.kubernetes.io/ttl}, for how many seconds its kubelet may
 * use a Secret or ConfigMap before it asks again: the longer the more nodes there are. Kubelets
 * that watch, as Coracle's do, need no such time.
 */
public final class NodeTtlController extends LoopController {

  private static final String ANNOTATION = "node.alpha.kubernetes.io/ttl";

  /**
   * @param least with fewer nodes the step before is enough
   * @param most with more nodes it is the next one's turn
   */
  private record Step(int least, int most, int seconds) {}

  private static final Step[] STEPS = {
    new Step(0, 100, 0),
    new Step(90, 500, 15),
    new Step(450, 1000, 30),
    new Step(900, 2000, 60),
    new Step(1800, Integer.MAX_VALUE, 300),
  };

  private final Lister nodes;
  private int count;
  private int step;

  public NodeTtlController(Environment env) {
    super("ttl-controller", env);
    Informer informer = env.informer(Resources.NODES);
    this.nodes = informer.lister();
    informer.addHandler(
        new Informer.Handler() {
          @Override
          public void added(KubeObject node) {
            count++;
            if (count > STEPS[step].most()) {
              goTo(step + 1);
            }
            loop.enqueue(node);
          }

          @Override
          public void updated(KubeObject before, KubeObject now) {
            if (!isRight(now)) {
              loop.enqueue(now);
            }
          }

          @Override
          public void deleted(KubeObject last) {
            count--;
            if (count < STEPS[step].least()) {
              goTo(step - 1);
            }
          }
        });
  }

  private void goTo(int other) {
    step = other;
    nodes.list().forEach(loop::enqueue);
  }

  private boolean isRight(KubeObject node) {
    return node.annotation(ANNOTATION).filter(wanted()::equals).isPresent();
  }

  private String wanted() {
    return Integer.toString(STEPS[step].seconds());
  }

  @Override
  public Uni<Result> reconcile(NamespacedName name) {
    KubeObject node = nodes.get("", name.name()).orElse(null);
    if (node == null || isRight(node)) {
      return DONE;
    }
    Patch patch =
        Patch.merge(
            tree -> tree.putObject("metadata").putObject("annotations").put(ANNOTATION, wanted()));
    return env.client()
        .patch(Resources.NODES, "", node.name(), patch)
        .replaceWith(Result.DONE)
        .onFailure(StatusException::isNotFound)
        .recoverWithItem(Result.DONE);
  }
}
