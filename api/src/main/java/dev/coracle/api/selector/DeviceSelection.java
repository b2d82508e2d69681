package dev.coracle.api.selector;

import com.fasterxml.jackson.databind.JsonNode;

/** Which devices the selector of a DeviceTaintRule means (KEP-5055). */
public final class DeviceSelection {

  private DeviceSelection() {}

  /**
   * @param selector {@code spec.deviceSelector}: all that it names must fit, so an empty one means
   *     every device, and one that is not there means none
   */
  public static boolean matches(JsonNode selector, String driver, String pool, String device) {
    return selector.isObject()
        && matches(selector.path("driver"), driver)
        && matches(selector.path("pool"), pool)
        && matches(selector.path("device"), device);
  }

  private static boolean matches(JsonNode wanted, String is) {
    return wanted.isMissingNode() || wanted.isNull() || wanted.asText().equals(is);
  }
}
