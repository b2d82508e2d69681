package dev.coracle.controllers.internal;

import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.client.ControllerLoop;
import dev.coracle.client.EventRecorder;
import dev.coracle.client.Informer;
import dev.coracle.client.Reconciler;
import io.smallrye.mutiny.Uni;
import java.util.function.Consumer;

/** A controller that is one loop over names. */
public abstract class LoopController implements Controller, Reconciler {

  /** How many names are worked on at once: enough to hide the API's latency. */
  private static final int CONCURRENCY = 16;

  protected static final Uni<Result> DONE = Uni.createFrom().item(Result.DONE);

  private final String name;
  protected final Environment env;
  protected final ControllerLoop loop;
  protected final EventRecorder events;

  protected LoopController(String name, Environment env) {
    this(name, name, env);
  }

  /**
   * @param eventSource the component that its events name, which for some is not the controller's
   *     own name
   */
  protected LoopController(String name, String eventSource, Environment env) {
    this.name = name;
    this.env = env;
    this.loop = env.loop(name, CONCURRENCY, this);
    this.events = env.recorder(eventSource);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public void start() {
    loop.start();
  }

  @Override
  public void stop() {
    loop.stop();
    events.stop();
  }

  protected void enqueue(String namespace, String objectName) {
    loop.enqueue(new NamespacedName(namespace, objectName));
  }

  /** Calls {@code action} with every state of every object of the informer, the last one too. */
  protected static void onAny(Informer informer, Consumer<KubeObject> action) {
    informer.addHandler(
        new Informer.Handler() {
          @Override
          public void added(KubeObject object) {
            action.accept(object);
          }

          @Override
          public void updated(KubeObject before, KubeObject now) {
            action.accept(now);
          }

          @Override
          public void deleted(KubeObject last) {
            action.accept(last);
          }
        });
  }
}
