package dev.coracle.criruntime.server;

import dev.coracle.cri.v1.ContainerEventResponse;
import dev.coracle.cri.v1.ContainerEventType;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BiFunction;

/**
 * Tells subscribers what happens to containers and sandboxes, when it happens. Thread-safe; the
 * subscribers are called on the thread that publishes and must not block.
 */
public final class Events {
  /** One who wants to know. */
  @FunctionalInterface
  public interface Subscriber {
    void event(ContainerEventResponse event);
  }

  private final List<Subscriber> subscribers = new CopyOnWriteArrayList<>();
  private volatile BiFunction<String, ContainerEventType, ContainerEventResponse> describe =
      (id, type) -> ContainerEventResponse.getDefaultInstance();

  /** Sets what makes an event of a sandbox's id and a type, with the pod's state in it. */
  public void describeBy(BiFunction<String, ContainerEventType, ContainerEventResponse> function) {
    describe = function;
  }

  public void subscribe(Subscriber subscriber) {
    subscribers.add(subscriber);
  }

  public void unsubscribe(Subscriber subscriber) {
    subscribers.remove(subscriber);
  }

  /**
   * Tells what happens now.
   *
   * @param id of the container, or of the sandbox itself
   */
  public void publish(String sandboxId, String id, ContainerEventType type) {
    publish(sandboxId, id, type, Times.now());
  }

  /**
   * Tells what happened.
   *
   * @param at when it did
   */
  public void publish(String sandboxId, String id, ContainerEventType type, long at) {
    if (subscribers.isEmpty()) {
      return;
    }
    ContainerEventResponse event =
        describe.apply(sandboxId, type).toBuilder()
            .setContainerId(id)
            .setContainerEventType(type)
            .setCreatedAt(at)
            .build();
    subscribers.forEach(s -> s.event(event));
  }
}
