package dev.coracle.scheduler.internal.dra;

import dev.coracle.cel.CelFailure;
import dev.coracle.cel.DeviceExpressions;
import dev.coracle.cel.DeviceExpressions.Device;
import dev.coracle.cel.DeviceExpressions.Selector;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * CEL expressions over devices, by the environment in which the API server accepted them. The
 * library is heavy, so this class is only touched when a claim with a selector is to be allocated.
 * Compiled expressions are kept, a bounded number of them. Owned by the scheduler's context.
 */
final class Selectors {

  /** An expression that is wrong, or cannot be evaluated for a device. */
  static final class Failure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Failure(String message) {
      super(message, null, false, false);
    }
  }

  private static final int MOST = 256;

  private final Map<String, Selector> known =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Selector> eldest) {
          return size() > MOST;
        }
      };

  /**
   * @throws Failure with the reason
   */
  boolean matches(String expression, Candidate device) {
    return evaluate(compiled(expression), expression, device);
  }

  private Selector compiled(String expression) {
    Selector selector = known.get(expression);
    if (selector == null) {
      try {
        selector = DeviceExpressions.compile(expression);
      } catch (CelFailure e) {
        throw new Failure("CEL expression " + expression + " does not compile: " + e.words());
      }
      known.put(expression, selector);
    }
    return selector;
  }

  private static boolean evaluate(Selector selector, String expression, Candidate device) {
    try {
      return selector.matches(Device.of(device.driver(), device.node()));
    } catch (CelFailure e) {
      throw new Failure(
          "CEL expression " + expression + " failed for device " + device.id() + ": " + e.words());
    }
  }
}
