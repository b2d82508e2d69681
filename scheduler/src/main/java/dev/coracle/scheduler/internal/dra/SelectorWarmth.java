package dev.coracle.scheduler.internal.dra;

import dev.coracle.api.KubeObject;
import dev.coracle.cel.DeviceExpressions;
import dev.coracle.client.Informer;

/**
 * Loads the engine of expressions when there is a class of devices, on a virtual thread, so that
 * the context does not wait for it when the first claim comes. Owned by the context.
 */
public final class SelectorWarmth implements Informer.Handler {

  private boolean begun;

  @Override
  public void added(KubeObject object) {
    if (!begun) {
      begun = true;
      Thread.ofVirtual().name("device-selectors").start(DeviceExpressions::warmUp);
    }
  }
}
